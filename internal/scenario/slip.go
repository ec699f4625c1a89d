package scenario

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"io"
	"sync"

	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"lastmile/internal/evidence"
)

// slip is a sheet of paper that proves a record: a title and lines of text in ASCII.
type slip struct {
	title string
	lines []string
	hash  string // in the evidence store, once kept
}

const (
	slipWidth  = 320
	slipHeight = 136
	slipMargin = 12
	lineHeight = 18
)

// Inks of a slip, by index of its palette.
const (
	paper uint8 = iota
	watermark
	ink
)

var inks = color.Palette{color.Gray{0xff}, color.Gray{0xd8}, color.Gray{0x20}}

// blank is the sheet that all slips are written on, with the word SYNTHETIC across it.
var blank = sync.OnceValue(func() *image.Paletted {
	img := image.NewPaletted(image.Rect(0, 0, slipWidth, slipHeight), inks)
	const scale = 4
	write(img, slipWidth/2-9*basicfont.Face7x13.Advance*scale/2, slipHeight/2+4*scale, scale, watermark, "SYNTHETIC")
	for x := range slipWidth {
		img.SetColorIndex(x, 0, ink)
		img.SetColorIndex(x, slipMargin+lineHeight, ink)
		img.SetColorIndex(x, slipHeight-1, ink)
	}
	for y := range slipHeight {
		img.SetColorIndex(0, y, ink)
		img.SetColorIndex(slipWidth-1, y, ink)
	}
	return img
})

// write sets text with its baseline at x, y; each dot of a letter is a square of the given side.
func write(img *image.Paletted, x, y, scale int, c uint8, text string) {
	face := basicfont.Face7x13
	for i, r := range text {
		box, mask, at, _, ok := face.Glyph(fixed.P(i*face.Advance, 0), r)
		if !ok {
			continue
		}
		for dy := range box.Dy() {
			for dx := range box.Dx() {
				if _, _, _, a := mask.At(at.X+dx, at.Y+dy).RGBA(); a == 0 {
					continue
				}
				for k := range scale * scale {
					img.SetColorIndex(x+(box.Min.X+dx)*scale+k%scale, y+(box.Min.Y+dy)*scale+k/scale, c)
				}
			}
		}
	}
}

func (s *slip) draw() *image.Paletted {
	img := image.NewPaletted(image.Rect(0, 0, slipWidth, slipHeight), inks)
	copy(img.Pix, blank().Pix)
	write(img, slipMargin, slipMargin+lineHeight-6, 1, ink, s.title)
	for i, line := range s.lines {
		write(img, slipMargin, slipMargin+(i+2)*lineHeight, 1, ink, line)
	}
	return img
}

// encoderBuffers lets slips drawn one after the other share the compressor's memory.
type encoderBuffers struct{ sync.Pool }

func (p *encoderBuffers) Get() *png.EncoderBuffer {
	b, _ := p.Pool.Get().(*png.EncoderBuffer)
	return b
}

func (p *encoderBuffers) Put(b *png.EncoderBuffer) { p.Pool.Put(b) }

// slipWorkers draw and keep slips at the same time: each file waits for the disk to have it.
const slipWorkers = 16

// slips is how many sheets the plan's facts name.
func (p *plan) slips() int { return len(p.sheets) }

// keepSlips puts all slips into the evidence store and names them in their facts.
func (p *plan) keepSlips(ctx context.Context, files *evidence.Store, count func(n int)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	encoder := png.Encoder{BufferPool: &encoderBuffers{}}
	todo, kept := make(chan *slip), make(chan struct{})
	var workers sync.WaitGroup
	for range slipWorkers {
		workers.Go(func() {
			for s := range todo {
				var b bytes.Buffer
				err := encoder.Encode(&b, s.draw())
				if err == nil {
					s.hash, err = files.Put(io.Reader(&b))
				}
				if err != nil {
					cancel(err)
					return
				}
				kept <- struct{}{}
			}
		})
	}
	go func() {
		defer close(todo)
		for _, s := range p.sheets {
			select {
			case todo <- s:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		workers.Wait()
		close(kept)
	}()
	for range kept {
		count(1)
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for i := range p.facts {
		if s := p.facts[i].proof; s != nil {
			p.facts[i].draft.Evidence = []string{s.hash}
		}
	}
	return nil
}
