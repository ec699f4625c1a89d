"""Make Lastmile Sans and Lastmile Serif from Source Sans 3 and Source Serif 4.

    python3 subset.py SANS.woff2 SERIF.woff2 OUTDIR

Both sources are variable fonts under the SIL Open Font License 1.1, whose
Reserved Font Name rule asks a modified font to carry another name: hence
"Lastmile". The weight axis is cut to 400-600, the glyphs to what the pages
use, hinting is dropped, and the result is written as woff2. The two files
must stay within 40 KB together (asset_test.go holds them to it).

The sans, which sets names of people and places, keeps the whole of Latin-1;
the serif, which sets headings and figures, keeps ASCII and the punctuation.
"""

import io
import os
import sys

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

ASCII = list(range(0x20, 0x7F))
PUNCTUATION = [
    0xA0,  # no-break space
    0xA5,  # yen and yuan sign
    0xB7,  # middle dot
    0xD7,  # multiplication sign, the mask in a name
    0x2009,  # thin space, between a number and its unit
    0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026,
    0x2212,  # minus
]
LATIN_1 = list(range(0xA1, 0x100)) + [0x152, 0x153, 0x20AC]

FEATURES = ["kern", "tnum", "lnum", "liga", "ccmp"]

# A fixed time stamp (1 January 2020) keeps the files the same from run to run.
os.environ["SOURCE_DATE_EPOCH"] = "1577836800"


def make(source, target, family, characters):
    font = TTFont(source)
    options = subset.Options()
    options.layout_features = FEATURES
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    plain = io.BytesIO()
    font.flavor = None
    font.save(plain)
    plain.seek(0)
    font = instancer.instantiateVariableFont(TTFont(plain), {"wght": (400, 600)})

    names = font["name"]
    for record in list(names.names):
        if record.nameID in (1, 16):
            record.string = family
        elif record.nameID == 3:
            record.string = family.replace(" ", "") + "-subset"
        elif record.nameID in (4, 18):
            record.string = family
        elif record.nameID == 6:
            record.string = family.replace(" ", "")
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    font.flavor = "woff2"
    font.save(target)
    print(target, os.path.getsize(target))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sans, serif, out = sys.argv[1:]
    make(sans, os.path.join(out, "lastmile-sans.woff2"), "Lastmile Sans", ASCII + PUNCTUATION + LATIN_1)
    make(serif, os.path.join(out, "lastmile-serif.woff2"), "Lastmile Serif", ASCII + PUNCTUATION)
