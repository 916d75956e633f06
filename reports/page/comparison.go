package page

import (
	"fmt"
	"html/template"
	"io"
	"strings"

	"flashsale/reports/compare"
	"flashsale/reports/draw"
	"flashsale/reports/plots"
	"flashsale/reports/wording"
)

// comparison is what comparison.html's template shows.
type comparison struct {
	Style    template.CSS
	Word     string
	Sentence string
	Worse    []string
	Doubts   []string
	Limit    string
	Sides    []side
	Promises []promiseRow
	Metrics  []metricRow
	Plots    []group
}

type (
	side struct {
		Label, Dir, Word, Sentence, Scenario, Server string
		Seed                                         uint64
		Baseline                                     bool
	}
	promiseRow struct {
		Name    string
		Differs bool
		Answers []answer
	}
	answer    struct{ Sign, Word string }
	metricRow struct {
		Name   string
		Values []value
	}
	value struct{ Text, Change, Class string }
)

// Comparison writes runs side by side.
func Comparison(w io.Writer, c *compare.Comparison, figures []plots.Figure) error {
	fonts, err := draw.LoadFonts()
	if err != nil {
		return err
	}
	style, err := styleSheet()
	if err != nil {
		return err
	}
	shown := comparison{
		Style: style, Worse: c.Worse, Doubts: c.Doubts, Limit: wording.Decimal(100*c.Limit) + " %",
		Sides: sides(c), Promises: promiseRows(c), Metrics: metricRows(c), Plots: groups(fonts, figures),
	}
	switch {
	case len(c.Worse) > 0:
		shown.Word, shown.Sentence = "WORSE", wording.Plural(int64(len(c.Worse)), "thing")+" got worse"
	case len(c.Doubts) > 0:
		shown.Word, shown.Sentence = "UNDECIDED", "nothing that could be compared got worse"
	default:
		shown.Word, shown.Sentence = "HELD", fmt.Sprintf("nothing got worse by more than %s", shown.Limit)
	}
	return execute(w, "comparison.html", shown)
}

func sides(c *compare.Comparison) []side {
	all := make([]side, len(c.Sides))
	for i, s := range c.Sides {
		word, sentence := wording.Headline(s.Verdict)
		all[i] = side{Label: compare.Label(i), Dir: s.Dir, Word: strings.TrimSuffix(word, ":"), Sentence: sentence,
			Scenario: s.Run.Scenario, Seed: s.Run.Seed, Server: wording.Server(s.Run), Baseline: i == 0}
	}
	return all
}

func promiseRows(c *compare.Comparison) []promiseRow {
	all := make([]promiseRow, len(c.Promises))
	for i, p := range c.Promises {
		all[i] = promiseRow{Name: p.Name, Differs: p.Differs}
		for _, word := range p.Verdicts {
			all[i].Answers = append(all[i].Answers, answer{Sign: sign(word), Word: wording.Or(string(word), "not asked")})
		}
	}
	return all
}

func metricRows(c *compare.Comparison) []metricRow {
	all := make([]metricRow, len(c.Metrics))
	for i := range c.Metrics {
		m := &c.Metrics[i]
		all[i].Name = m.Name()
		for j := range m.Values {
			v := &m.Values[j]
			class := ""
			switch {
			case v.Worse:
				class = "worse"
			case v.Better:
				class = "better"
			}
			all[i].Values = append(all[i].Values, value{Text: v.Text, Change: v.ChangeText(), Class: class})
		}
	}
	return all
}
