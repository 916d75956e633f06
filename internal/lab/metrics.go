package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// metricsWait bounds one look at a server's metrics, and metricsBytesMax its length.
const (
	metricsWait     = 10 * time.Second
	metricsBytesMax = 1 << 20
)

// ReadSeries asks a server for some of its metrics, by their names as they are written, labels included. Errors: no
// answer, or one that lacks any of them: a server that calls them something else must not pass for an idle one.
func ReadSeries(ctx context.Context, url string, names ...string) (map[string]float64, error) {
	values, err := readSeries(ctx, url, names)
	if err != nil {
		return nil, fmt.Errorf("read the server's metrics: %w", err)
	}
	for _, name := range names {
		if _, found := values[name]; !found {
			return nil, fmt.Errorf("read the server's metrics: %s lacks %s", url, name)
		}
	}
	return values, nil
}

func readSeries(ctx context.Context, url string, names []string) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, metricsWait)
	defer cancel()
	answer, err := fetch(ctx, url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	values := make(map[string]float64, len(names))
	lines := bufio.NewScanner(io.LimitReader(answer.Body, metricsBytesMax))
	for lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), " ")
		if !slices.Contains(names, name) {
			continue
		}
		if values[name], err = strconv.ParseFloat(text, 64); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return values, lines.Err()
}
