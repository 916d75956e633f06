package draw

import (
	"bytes"
	"fmt"
	"image/png"

	"git.sr.ht/~sbinet/gg"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
)

// raster paints marks as pixels, scale of them to one of the sheet's.
type raster struct {
	*gg.Context
	scale float64
	fonts *Fonts
	faces map[faceKey]font.Face
	err   error // the first face that could not be made
}

type faceKey struct {
	size float64
	bold bool
}

// PNG is the sheet on white paper, with scale pixels to one of the sheet's.
func (s *Sheet) PNG(scale float64) ([]byte, error) {
	r := &raster{
		Context: gg.NewContext(int(s.W*scale+0.5), int(s.H*scale+0.5)), scale: scale, fonts: s.Fonts,
		faces: make(map[faceKey]font.Face),
	}
	r.SetColor(Paper.light(1))
	r.Clear()
	r.Scale(scale, scale)
	for _, m := range s.marks {
		m.raster(r)
	}
	if r.err != nil {
		return nil, r.err
	}
	var file bytes.Buffer
	// Few colours in large areas compress well at any level; the best one takes seconds for percents.
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&file, r.Image()); err != nil {
		return nil, fmt.Errorf("draw a PNG: %w", err)
	}
	return file.Bytes(), nil
}

func (r *raster) follow(points []Point) {
	r.NewSubPath()
	for _, p := range points {
		r.LineTo(p.X, p.Y)
	}
}

func (m line) raster(r *raster) {
	r.SetColor(m.stroke.Ink.light(visible(m.stroke.Opacity)))
	r.SetLineWidth(m.stroke.Width * r.scale)
	r.SetDash()
	if m.stroke.Dash > 0 {
		r.SetDash(m.stroke.Dash*r.scale, m.stroke.Dash*r.scale)
	}
	r.SetLineJoinRound()
	r.SetLineCapButt()
	r.follow(m.points)
	r.Stroke()
}

func (m area) raster(r *raster) {
	r.SetColor(m.fill.Ink.light(visible(m.fill.Opacity)))
	r.follow(m.points)
	r.ClosePath()
	r.Fill()
}

func (m disc) raster(r *raster) {
	r.SetColor(m.fill.Ink.light(visible(m.fill.Opacity)))
	r.DrawCircle(m.at.X, m.at.Y, m.radius)
	r.Fill()
}

// raster writes in device pixels: glyphs that are scaled after hinting look soft.
func (m words) raster(r *raster) {
	face := r.face(m.lettering)
	if face == nil {
		return
	}
	x := m.at.X
	width := r.fonts.Width(m.text, m.lettering.Size, m.lettering.Bold)
	switch m.lettering.Anchor {
	case Middle:
		x -= width / 2
	case End:
		x -= width
	}
	r.Push()
	defer r.Pop()
	r.Identity()
	r.SetColor(m.lettering.Ink.light(1))
	r.SetFontFace(face)
	r.DrawString(m.text, x*r.scale, m.at.Y*r.scale)
}

func (r *raster) face(l Lettering) font.Face {
	key := faceKey{l.Size, l.Bold}
	if face, ok := r.faces[key]; ok {
		return face
	}
	face, err := opentype.NewFace(r.fonts.of(l.Bold), &opentype.FaceOptions{Size: l.Size * r.scale, DPI: 72})
	if err != nil {
		r.err = fmt.Errorf("draw a PNG: %w", err)
		return nil
	}
	r.faces[key] = face
	return face
}
