package chart

import (
	"html/template"
	"math"
)

// hill is one rise of the skyline: where it stands, how wide and how high.
type hill struct{ at, width, height float64 }

// The skyline of the overview's heading: a low hill, a mountain with a shoulder,
// and rising ground.
var skyline = []hill{{78, 34, 30}, {198, 40, 66}, {246, 22, 10}, {330, 46, 34}}

// Hills is the drawing beside the overview's heading: contour lines of a range of
// hills and a dotted road through them that ends at a house. It is decoration,
// and hidden from those who read with their ears.
func Hills() template.HTML {
	const width, height = 328.0, 108.0
	level := func(x, share float64) float64 {
		rise := 0.0
		for _, h := range skyline {
			d := (x - h.at) / h.width
			rise += h.height * math.Exp(-d*d)
		}
		return rise * share
	}
	var d drawing
	d.open("svg", "class", "hills", "viewBox", "0 0 "+num(width)+" "+num(height), "aria-hidden", "true")
	contours := []struct{ base, share float64 }{{78, 1}, {88, 0.68}, {96, 0.4}, {104, 0.18}}
	for _, c := range contours {
		d.leaf("path", "class", "contour", "d", smooth(0, width, 18, func(x float64) float64 {
			return c.base - level(x, c.share) - x*0.025
		}))
	}
	d.leaf("path", "class", "ridge", "d", "M78,49l16,26M198,14l22,40M238,30l12,26")
	d.leaf("path", "class", "way", "d", "M5,100C40,99 60,90 95,90S150,94 182,82S216,64 240,74S294,78 301,43")
	d.leaf("circle", "class", "house", "cx", "302", "cy", "40", "r", "3.6")
	return d.end()
}

// smooth draws a curve through points of f, step apart, with level tangents taken
// from their neighbours.
func smooth(from, to, step float64, f func(float64) float64) string {
	slope := func(x float64) float64 { return (f(x+step) - f(x-step)) / (2 * step) }
	path := "M" + num(from) + "," + num(f(from))
	for x := from; x < to; x += step {
		next := math.Min(x+step, to)
		third := (next - x) / 3
		path += "C" + num(x+third) + "," + num(f(x)+slope(x)*third) + " " +
			num(next-third) + "," + num(f(next)-slope(next)*third) + " " + num(next) + "," + num(f(next))
	}
	return path
}
