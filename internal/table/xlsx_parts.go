package table

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path"
	"strings"
)

const (
	// directoryBytes is the most that the list of parts of a workbook may take; a real one takes a few kilobytes.
	directoryBytes = 4 << 20

	// A part may not unpack to more than denseRatio times its size once it is larger than denseBytes. Sheets unpack
	// to 10 to 30 times their size, sheets of nothing but equal rows to 150; a zip bomb to 1,000.
	denseRatio = 250
	denseBytes = 16 << 20
)

// workbookParts are the files in the zip archive that a workbook is (ECMA-376 part 2).
type workbookParts struct {
	*Reader
	files map[string]*zip.File // by lower-case name
}

func (r *Reader) unzip() (*workbookParts, error) {
	directory := &meteredAt{file: r.file, allowed: directoryBytes}
	archive, err := zip.NewReader(directory, r.size)
	switch {
	case errors.Is(err, errOverLimit):
		return nil, r.fault(DamagedFile, 0, "", "its list of parts is endless")
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		// The list stands at the end, so a file that was cut off has none.
		return nil, r.fault(TruncatedFile, 0, "")
	case err != nil:
		return nil, r.damage(err, 0)
	}
	directory.allowed = math.MaxInt64 // from here on each part has a limit of its own
	parts := &workbookParts{Reader: r, files: map[string]*zip.File{}}
	for _, file := range archive.File {
		parts.files[strings.ToLower(file.Name)] = file
	}
	return parts, nil
}

// meteredAt is a meter for a file that is read at random.
type meteredAt struct {
	file    io.ReaderAt
	allowed int64
}

func (m *meteredAt) ReadAt(p []byte, offset int64) (int, error) {
	if m.allowed -= int64(len(p)); m.allowed < 0 {
		return 0, errOverLimit
	}
	return m.file.ReadAt(p, offset)
}

// open opens a part after checking what the archive says of its size, which reading then holds it to.
func (p *workbookParts) open(name string) (*partReader, error) {
	file := p.files[strings.ToLower(name)]
	switch {
	case file == nil:
		return nil, p.fault(DamagedFile, 0, "", "it has no part "+name)
	case file.Flags&1 != 0:
		return nil, p.fault(EncryptedFile, 0, "")
	case file.UncompressedSize64 > uint64(p.options.UnpackedBytes):
		return nil, p.fault(UnpacksTooLarge, 0, "", p.options.UnpackedBytes)
	case file.UncompressedSize64 > denseBytes && file.UncompressedSize64/denseRatio > file.CompressedSize64:
		return nil, p.fault(UnpacksTooDense, 0, "", file.UncompressedSize64/max(1, file.CompressedSize64))
	}
	content, err := file.Open()
	if err != nil {
		return nil, p.damage(err, 0)
	}
	size := int64(file.UncompressedSize64)
	return newPartReader(&exactly{content, size}, size, p.options.LineBytes), nil
}

var errUnpacksOver = errors.New("more bytes than the archive says")

// exactly fails when there is more to read than was promised.
type exactly struct {
	source io.Reader
	left   int64
}

func (e *exactly) Read(b []byte) (int, error) {
	n, err := e.source.Read(b)
	if e.left -= int64(n); e.left < 0 {
		return 0, errUnpacksOver
	}
	return n, err
}

// smallPartBytes is the most that the parts other than sheets and texts may unpack to.
const smallPartBytes = 32 << 20

// decode reads a whole small part.
func (p *workbookParts) decode(name string, into any) error {
	part, err := p.open(name)
	if err != nil {
		return err
	}
	part.meter.allow(smallPartBytes)
	if err := part.decoder.Decode(into); err != nil {
		if err == io.EOF {
			err = errCutOff
		}
		return p.damage(err, 0)
	}
	return nil
}

// relations are the links from one part to others.
type relations []relation

type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

// kind is the last word of the relation's type, the same in the transitional and the strict form of the standard.
func (r relation) kind() string { return path.Base(r.Type) }

func (rs relations) ofKind(kind string) string {
	for _, r := range rs {
		if r.kind() == kind {
			return r.Target
		}
	}
	return ""
}

func (rs relations) byID(id string) relation {
	for _, r := range rs {
		if r.ID == id {
			return r
		}
	}
	return relation{}
}

// relations reads the links of a part, or of the whole workbook when the name is empty. Targets are made absolute.
func (p *workbookParts) relations(part string) (relations, error) {
	name := path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
	if part == "" {
		name = "_rels/.rels"
		if p.files[name] == nil {
			return nil, p.fault(NotAWorkbook, 0, "")
		}
	}
	var document struct {
		Relations relations `xml:"Relationship"`
	}
	if err := p.decode(name, &document); err != nil {
		return nil, err
	}
	for i, r := range document.Relations {
		document.Relations[i].Target = partPath(part, r.Target)
	}
	return document.Relations, nil
}

type workbookXML struct {
	XMLName    xml.Name `xml:"workbook"`
	Properties struct {
		Date1904 string `xml:"date1904,attr"`
	} `xml:"workbookPr"`
	Sheets []struct {
		Name  string `xml:"name,attr"`
		State string `xml:"state,attr"`
		ID    string `xml:"id,attr"`
	} `xml:"sheets>sheet"`
}
