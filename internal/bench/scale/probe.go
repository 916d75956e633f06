package scale

import (
	"context"
	"fmt"
	"strings"
	"time"

	"flashsale/internal/lab"
)

// probe is what the servers of a lab and its database had done at some time, all since their start.
type probe struct {
	commits, commands float64
	seconds           float64 // in transactions
	logged, groups    float64 // commits in the binary log, and the groups in which they got there; 0: not counted
}

// The series of the server's metrics that a probe reads.
const (
	batchSum    = "flashsale_batch_commands_sum"
	batchCount  = "flashsale_batch_commands_count"
	transaction = "flashsale_transaction_seconds_sum"
)

// probeWait bounds one look.
const probeWait = 10 * time.Second

func takeProbe(ctx context.Context, l *lab.Lab) (probe, error) {
	ctx, cancel := context.WithTimeout(ctx, probeWait)
	defer cancel()
	var p probe
	for _, url := range l.AdminURLs() {
		if err := p.addMetrics(ctx, url+"/metrics"); err != nil {
			return p, err
		}
	}
	rows, err := l.DB().QueryContext(ctx, "SHOW GLOBAL STATUS WHERE Variable_name IN ('Binlog_commits', 'Binlog_group_commits')")
	if err != nil {
		return p, fmt.Errorf("read the database's status: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var value float64
		if err := rows.Scan(&name, &value); err != nil {
			return p, fmt.Errorf("read the database's status: %w", err)
		}
		if strings.EqualFold(name, "Binlog_commits") {
			p.logged = value
		} else {
			p.groups = value
		}
	}
	return p, rows.Err()
}

// addMetrics adds what one server tells.
func (p *probe) addMetrics(ctx context.Context, url string) error {
	values, err := lab.ReadSeries(ctx, url, batchSum, batchCount, transaction)
	if err != nil {
		return err
	}
	p.commands += values[batchSum]
	p.commits += values[batchCount]
	p.seconds += values[transaction]
	return nil
}

// since completes figures with what happened between an earlier probe and this one.
func (p probe) since(before probe, f *Figures) {
	f.CommandsPerCommit = share(p.commands-before.commands, p.commits-before.commits)
	f.TransactionMS = 1000 * share(p.seconds-before.seconds, p.commits-before.commits)
	f.CommitsPerGroup = share(p.logged-before.logged, p.groups-before.groups)
}
