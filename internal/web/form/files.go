package form

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"

	"lastmile/internal/fault"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

const (
	filePath = "/files/"
	filesMax = 10 // of one fact sent by a form
)

// accepted are the types of evidence, for the browser's file chooser. The evidence store looks at the content itself.
const accepted = "image/png,image/jpeg,image/webp,application/pdf"

// keepFiles puts the files of a form into the evidence store. A refused one is a fault of the form; the others are kept.
func (f *Forms) keepFiles(r *http.Request, in *filled) error {
	for _, hash := range r.PostForm["kept"] {
		if f.store.Evidence.Has(hash) && !slices.Contains(in.evidence, hash) {
			in.evidence = append(in.evidence, hash)
		}
	}
	if r.MultipartForm == nil {
		return nil
	}
	uploads := r.MultipartForm.File["evidence"]
	if n := len(uploads) + len(in.evidence); n > filesMax {
		in.faults = append(in.faults, fault.New(fault.Invalid, "evidence.many", "there are %d files, %d can be sent at a time", n, filesMax).For("evidence").Mend("Send the others as late proof."))
		return nil
	}
	for _, upload := range uploads {
		file, err := upload.Open()
		if err != nil {
			return err
		}
		hash, err := f.store.Evidence.Put(file)
		file.Close()
		if list := fault.All(err); list != nil {
			f.guard.Note(r, err)
			in.faults = append(in.faults, list...)
			continue
		}
		if err != nil {
			return err
		}
		if !slices.Contains(in.evidence, hash) {
			in.evidence = append(in.evidence, hash)
		}
	}
	return nil
}

// evidenceField is the field for files, with those that are kept already.
type evidenceField struct {
	view.Field
	Kept []keptFile
}

type keptFile struct {
	Hash string
	view.Photo
}

func (evidenceField) Template() string { return "evidence-field" }

func (f *Forms) files(words wording.Words, v *session.Visit, kept []string, wrong string) evidenceField {
	c := evidenceField{Field: view.Field{Name: "evidence", Label: words.Text("evidence.label"), Hint: words.Text("evidence.hint", filesMax), Optional: true, Accept: accepted, Error: wrong}}
	for _, hash := range kept {
		c.Kept = append(c.Kept, keptFile{hash, f.Photo(words, v, hash)})
	}
	return c
}

// Photo shows a file small, and leads to the whole of it.
func (f *Forms) Photo(words wording.Words, v *session.Visit, hash string) view.Photo {
	p := view.Photo{Href: FileHref(v, hash), Caption: hash[:8], Alt: words.Text("evidence.alt", hash[:8])}
	if typ, err := f.store.Evidence.Type(hash); err == nil && typ != "application/pdf" {
		p.Src = filePath + hash + "/small?key=" + v.Sign(hash)
	}
	return p
}

// Photos are the pictures among files of evidence, small, and the addresses of the others, which are papers.
func (f *Forms) Photos(words wording.Words, v *session.Visit, hashes []string) (photos []view.Photo, papers []string) {
	for _, hash := range hashes {
		if p := f.Photo(words, v, hash); p.Src != "" {
			photos = append(photos, p)
		} else {
			papers = append(papers, p.Href)
		}
	}
	return photos, papers
}

// Gallery is files of evidence, small.
func (f *Forms) Gallery(words wording.Words, v *session.Visit, hashes []string) view.Component {
	g := gallery{}
	for _, hash := range hashes {
		g.Photos = append(g.Photos, f.Photo(words, v, hash))
	}
	return g
}

type gallery struct{ Photos []view.Photo }

func (gallery) Template() string { return "gallery" }

// FileHref is the address of a file of evidence for one person in one session. Whoever was shown what it proves was given the address; nobody
// else can make it.
func FileHref(v *session.Visit, hash string) string { return filePath + hash + "?key=" + v.Sign(hash) }

// file serves a file of evidence, or its small picture, to those who were given its address.
func (f *Forms) file(w http.ResponseWriter, r *http.Request) {
	hash := r.PathValue("hash")
	if !session.Of(r).Signed(hash, r.URL.Query().Get("key")) {
		f.guard.Refuse(w, r, fault.New(fault.Forbidden, "request.forged", "the address of the file is not this session's").Mend("Open the page again."))
		return
	}
	typ := "image/jpeg"
	path, err := f.store.Evidence.Small(hash)
	if !strings.HasSuffix(r.URL.Path, "/small") {
		if path, err = f.store.Evidence.Path(hash); err == nil {
			typ, err = f.store.Evidence.Type(hash)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = fault.New(fault.NotFound, "evidence.unknown", "no file %s is in the evidence store", hash)
	}
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	file, err := os.Open(path)
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", typ)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Cache-Control", "private, max-age=3600, immutable")
	http.ServeContent(w, r, "", info.ModTime(), file)
}
