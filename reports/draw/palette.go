package draw

import (
	"fmt"
	"image/color"
	"strings"
)

// Ink is a colour by its role. Data colours are Okabe and Ito's, which people with any kind of colour vision can
// tell apart; each has a lighter sister for dark pages.
type Ink int

// The inks.
const (
	Paper Ink = iota // the background
	Text
	Muted // words and ticks beside the data
	Grid
	Shade // fault windows
	Blue
	Sky
	Green
	Orange
	Vermillion // what went wrong, and nothing else
	Purple
	Grey
	inks // how many there are
)

// shades are an ink's name in style sheets and its colours on light and dark paper.
type shades struct{ name, light, dark string }

func (i Ink) shades() shades {
	return [inks]shades{
		Paper:      {"paper", "#ffffff", "#16191d"},
		Text:       {"text", "#1b1f24", "#e8eaed"},
		Muted:      {"muted", "#5b6470", "#a2abb6"},
		Grid:       {"grid", "#e3e6ea", "#2e343b"},
		Shade:      {"shade", "#d8c7a3", "#6b5a34"},
		Blue:       {"blue", "#0072b2", "#4aa8e8"},
		Sky:        {"sky", "#56b4e9", "#86cdf7"},
		Green:      {"green", "#009e73", "#2fc59a"},
		Orange:     {"orange", "#e69f00", "#f2b632"},
		Vermillion: {"vermillion", "#d55e00", "#ff7f3f"},
		Purple:     {"purple", "#cc79a7", "#e29ac4"},
		Grey:       {"grey", "#aab1ba", "#717a85"},
	}[i]
}

// light is the ink's colour on white paper, of some opacity.
func (i Ink) light(opacity float64) color.NRGBA {
	c := color.NRGBA{A: uint8(opacity*255 + 0.5)}
	// The table above is all that is ever scanned.
	_, _ = fmt.Sscanf(i.shades().light, "#%02x%02x%02x", &c.R, &c.G, &c.B)
	return c
}

// StyleSheet is the CSS that gives themed sheets their colours: custom properties for light and dark pages, and the
// classes that use them.
func StyleSheet() string {
	var light, dark, classes strings.Builder
	for i := range inks {
		s := i.shades()
		fmt.Fprintf(&light, "--%s:%s;", s.name, s.light)
		fmt.Fprintf(&dark, "--%s:%s;", s.name, s.dark)
		fmt.Fprintf(&classes, ".f-%[1]s{fill:var(--%[1]s)}.s-%[1]s{stroke:var(--%[1]s)}\n", s.name)
	}
	return fmt.Sprintf(":root{color-scheme:light dark;%s}\n@media(prefers-color-scheme:dark){:root{%s}}\n%s",
		light.String(), dark.String(), classes.String())
}
