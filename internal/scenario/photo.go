package scenario

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"

	"lastmile/internal/date"
)

// photographsMax is about how many households have a photograph with the visit before their exit: enough to look at, few enough to draw.
const photographsMax = 300

const (
	photoWidth  = 480
	photoHeight = 336
)

// photograph keeps the picture that a visit brought home, of every so many households, and gives its hash. It is a drawing of a house in the hills that is
// marked SYNTHETIC: no real house is meant.
func (r *registry) photograph(f *family, on date.Date) ([]string, error) {
	if f.number%r.photographed != 0 {
		return nil, nil
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, house(f.number, on), &jpeg.Options{Quality: 60}); err != nil {
		return nil, fmt.Errorf("draw the photograph of household %s: %w", f.id, err)
	}
	hash, err := r.store.Evidence.Put(&b)
	return []string{hash}, err
}

// house draws a house whose colours, size and hills follow from a number.
func house(number int, on date.Date) image.Image {
	chance := rand.New(rand.NewPCG(seed, uint64(number)))
	img := image.NewRGBA(image.Rect(0, 0, photoWidth, photoHeight))
	shade := func(c color.RGBA, by int) color.RGBA {
		at := func(v uint8) uint8 { return uint8(max(0, min(255, int(v)+by))) }
		return color.RGBA{at(c.R), at(c.G), at(c.B), 255}
	}
	fill := func(x0, y0, x1, y1 int, c color.RGBA) {
		for y := max(0, y0); y < min(photoHeight, y1); y++ {
			for x := max(0, x0); x < min(photoWidth, x1); x++ {
				img.SetRGBA(x, y, shade(c, chance.IntN(9)-4)) // the grain of a cheap telephone
			}
		}
	}
	ground := 200 + chance.IntN(40)
	for y := range ground {
		fill(0, y, photoWidth, y+1, color.RGBA{uint8(150 + y/4), uint8(180 + y/5), uint8(214 + y/8), 255})
	}
	for hill := range 3 {
		rise, foot, slope := 50+chance.IntN(50), ground-30+14*hill, 90+chance.IntN(120)
		top := chance.IntN(photoWidth)
		tint := shade(color.RGBA{134, 128, 96, 255}, -12*hill)
		for x := range photoWidth {
			away := max(x-top, top-x)
			fill(x, foot-max(0, rise-away*rise/slope), x+1, ground, tint)
		}
	}
	fill(0, ground, photoWidth, photoHeight, color.RGBA{176, 158, 122, 255})
	wall := []color.RGBA{{196, 150, 110, 255}, {222, 214, 198, 255}, {178, 96, 72, 255}}[chance.IntN(3)]
	roof := []color.RGBA{{110, 66, 56, 255}, {92, 96, 104, 255}, {70, 98, 130, 255}}[chance.IntN(3)]
	width, height := 210+chance.IntN(90), 84+chance.IntN(26)
	left, base := 60+chance.IntN(photoWidth-width-120), ground+34+chance.IntN(20)
	for y := range 40 {
		fill(left-18+y/3, base-height-40+y, left+width+18-y/3+y/2, base-height-39+y, shade(roof, -y/3))
	}
	fill(left, base-height, left+width, base, wall)
	door := left + width/2 - 18
	fill(door, base-66, door+36, base, color.RGBA{96, 62, 44, 255})
	for _, x := range []int{left + 22, left + width - 68} {
		fill(x, base-height+22, x+46, base-height+58, color.RGBA{228, 230, 224, 255})
		fill(x+3, base-height+25, x+43, base-height+55, color.RGBA{84, 104, 120, 255})
		fill(x+22, base-height+22, x+25, base-height+58, color.RGBA{228, 230, 224, 255})
	}
	caption := image.NewPaletted(img.Rect, inks)
	write(caption, photoWidth/2-9*7, photoHeight-36, 2, ink, "SYNTHETIC")
	write(caption, 10, photoHeight-10, 1, ink, string(on))
	for i, c := range caption.Pix {
		if c == ink {
			img.SetRGBA(i%photoWidth, i/photoWidth, color.RGBA{255, 250, 235, 255})
		}
	}
	return img
}
