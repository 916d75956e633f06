package reports

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/draw"
	"flashsale/reports/page"
	"flashsale/reports/plots"
)

// The files that WriteAll makes in the run directory.
const (
	JUnitFile   = "junit.xml"
	SummaryFile = "summary.md"
	PageFile    = "report.html"
	PlotsDir    = "plots"
)

// pixelRatio makes a PNG of twice a sheet's size: as wide as a projector's picture.
const pixelRatio = 2

// WriteAll writes the reports that are files into the run directory, each in one step: whoever opens one finds
// it whole, even while it is written again. One that cannot be made keeps no other from being made.
func WriteAll(runDir string, run *evidence.Run, v *checker.Verdict, stats Stats) error {
	figures := plots.Of(run, v, stats)
	return errors.Join(
		writeReport(runDir, JUnitFile, func(file *bytes.Buffer) error { return JUnit(file, run, v) }),
		writeReport(runDir, SummaryFile, func(file *bytes.Buffer) error { return Markdown(file, run, v, stats) }),
		writeReport(runDir, PageFile, func(file *bytes.Buffer) error {
			return page.Report(file, run, v, stats, figures, runDir)
		}),
		writePlots(filepath.Join(runDir, PlotsDir), figures),
	)
}

func writeReport(dir, name string, write func(*bytes.Buffer) error) error {
	var file bytes.Buffer
	if err := write(&file); err != nil {
		return err
	}
	return evidence.WriteFile(filepath.Join(dir, name), file.Bytes())
}

// writePlots replaces the plots: what an earlier rendering drew and this one does not would tell of another verdict.
func writePlots(dir string, figures []plots.Figure) error {
	fonts, err := draw.LoadFonts()
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755)); err != nil {
		return fmt.Errorf("write plots: %w", err)
	}
	for i := range figures {
		if err := writePlot(filepath.Join(dir, figures[i].Name), fonts, &figures[i]); err != nil {
			return err
		}
	}
	return nil
}

// WritePlot writes one figure as an SVG and a PNG file into a directory that exists.
func WritePlot(dir string, figure plots.Figure) error {
	fonts, err := draw.LoadFonts()
	if err != nil {
		return err
	}
	return writePlot(filepath.Join(dir, figure.Name), fonts, &figure)
}

// WritePicture writes one figure as a PNG file alone, for a page that shows no other.
func WritePicture(dir string, figure plots.Figure) error {
	fonts, err := draw.LoadFonts()
	if err != nil {
		return err
	}
	png, err := figure.Sheet(fonts, plots.File).PNG(pixelRatio)
	if err != nil {
		return fmt.Errorf("plot %s: %w", figure.Name, err)
	}
	return evidence.WriteFile(filepath.Join(dir, figure.Name+".png"), png)
}

func writePlot(base string, fonts *draw.Fonts, figure *plots.Figure) error {
	sheet := figure.Sheet(fonts, plots.File)
	svg, svgErr := sheet.SVG()
	png, pngErr := sheet.PNG(pixelRatio)
	if err := errors.Join(svgErr, pngErr); err != nil {
		return fmt.Errorf("plot %s: %w", figure.Name, err)
	}
	return errors.Join(evidence.WriteFile(base+".svg", svg), evidence.WriteFile(base+".png", png))
}
