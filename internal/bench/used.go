package bench

import (
	"time"

	"flashsale/internal/lab"
)

// CPUPerAnswer is what one answer cost, user and system, in microseconds. A nil says that it is not known: the system
// does not tell, or there is no such process of ours.
type CPUPerAnswer struct {
	Server   *float64 `json:"server,omitempty"`
	Database *float64 `json:"database,omitempty"` // or Redis
	Load     *float64 `json:"load,omitempty"`
}

// cpuPerAnswer spreads what was used between two moments over the answers.
func cpuPerAnswer(from, to lab.CPU, answers int64) CPUPerAnswer {
	per := func(from, to *time.Duration) *float64 {
		if from == nil || to == nil {
			return nil
		}
		us := float64(*to-*from) / float64(time.Microsecond) / float64(answers)
		return &us
	}
	return CPUPerAnswer{
		Server: per(from.Servers, to.Servers), Database: per(from.Backing, to.Backing), Load: per(from.Self, to.Self),
	}
}

// medianCPU is the median of each part.
func medianCPU(figures []Figure) CPUPerAnswer {
	part := func(of func(CPUPerAnswer) *float64) *float64 {
		var known []float64
		for _, f := range figures {
			if v := of(f.CPU); v != nil {
				known = append(known, *v)
			}
		}
		if len(known) == 0 {
			return nil
		}
		middle := median(known)
		return &middle
	}
	return CPUPerAnswer{
		Server:   part(func(c CPUPerAnswer) *float64 { return c.Server }),
		Database: part(func(c CPUPerAnswer) *float64 { return c.Database }),
		Load:     part(func(c CPUPerAnswer) *float64 { return c.Load }),
	}
}
