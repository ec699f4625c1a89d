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

// open opens a part after checking what the archive says of its size. archive/zip refuses to unpack more than that.
func (p *workbookParts) open(name string, limit int64) (*partReader, error) {
	file := p.files[strings.ToLower(name)]
	switch {
	case file == nil:
		return nil, p.fault(DamagedFile, 0, "", "it has no part "+name)
	case file.Flags&1 != 0:
		return nil, p.fault(EncryptedFile, 0, "")
	case file.UncompressedSize64 > uint64(limit):
		return nil, p.fault(UnpacksTooLarge, 0, "", limit)
	case file.UncompressedSize64 > denseBytes && file.UncompressedSize64/denseRatio > file.CompressedSize64:
		return nil, p.fault(UnpacksTooDense, 0, "", file.UncompressedSize64/max(1, file.CompressedSize64))
	}
	content, err := file.Open()
	if err != nil {
		return nil, p.damage(err, 0)
	}
	return newPartReader(content, int64(file.UncompressedSize64), p.options.LineBytes), nil
}

// damage turns what went wrong in reading a part into a fault at a row.
func (r *Reader) damage(err error, row int) error {
	fault := r.fault(DamagedFile, row, "", err.Error())
	if errors.Is(err, errOverLimit) {
		fault = r.fault(LineTooLong, row, "", r.options.LineBytes)
	}
	fault.Err = err
	return fault
}

// smallPartBytes is the most that the parts other than sheets and texts may unpack to.
const smallPartBytes = 32 << 20

// decode reads a whole small part, to the end of its file: only there is its checksum compared.
func (p *workbookParts) decode(name string, into any) error {
	part, err := p.open(name, smallPartBytes)
	if err != nil {
		return err
	}
	part.meter.allow(smallPartBytes)
	switch err = part.decoder.Decode(into); err {
	case nil:
		err = part.drain()
	case io.EOF:
		err = errCutOff
	}
	if err != nil {
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

// partPath resolves a relation's target, which is relative to the folder of the part it belongs to.
func partPath(part, target string) string {
	if strings.HasPrefix(target, "/") {
		return path.Clean(target[1:])
	}
	return path.Join(path.Dir(part), target)
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
