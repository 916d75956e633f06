// Package draw puts lines, areas and words on a sheet, and the sheet on paper: as an SVG file that looks the same
// everywhere, as an SVG element whose colours a page's style sheet sets (for light and dark), and as a PNG. A sheet
// is a list of marks in a coordinate system of pixels with the origin at the top left; nothing in here knows what
// the marks mean. Rasterizing is done by gg, the rasterizer of gonum's plots.
package draw
