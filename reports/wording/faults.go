package wording

import (
	"fmt"
	"strings"
	"time"

	"flashsale/internal/evidence"
)

// Faults sums up in one line what was done to the system and how it got over that; nothing if nothing was done.
func Faults(run *evidence.Run) string {
	if len(run.Faults) == 0 {
		return ""
	}
	injected, bitten, lost := 0, 0, 0
	for _, f := range run.Faults {
		if f.Missed() {
			continue
		}
		injected++
		if f.Bitten {
			bitten++
		}
		if f.Recovered == 0 {
			lost++
		}
	}
	line := fmt.Sprintf("%d injected, %d bit", injected, bitten)
	if lost < injected {
		line += ", slowest recovery " + Latency(run.SlowestRecovery())
	}
	if lost > 0 {
		line += fmt.Sprintf(", %d never recovered from", lost)
	}
	if missed := len(run.Faults) - injected; missed > 0 {
		line += fmt.Sprintf(", %d came too late", missed)
	}
	return line
}

// Harm is a fault in words, for lists and tables.
type Harm struct {
	Number int // as plots number it, from 1
	fault  evidence.Fault
	took   time.Duration // to recover
}

// Harms lists the faults of a run, in their order.
func Harms(run *evidence.Run) []Harm {
	all := make([]Harm, len(run.Faults))
	for i, f := range run.Faults {
		all[i] = Harm{i + 1, f, run.Recovery(f)}
	}
	return all
}

// Name is the fault's kind.
func (h Harm) Name() string { return Printable(h.fault.Name) }

// Victim is what was harmed.
func (h Harm) Victim() string { return Printable(h.fault.Victim) }

// Detail is what the victim showed, or why it showed nothing.
func (h Harm) Detail() string { return Printable(h.fault.Detail) }

// At is when it was injected, since the run's start.
func (h Harm) At() string { return Instant(time.Duration(h.fault.Injected)) }

// Lasted is how long it was until healing began.
func (h Harm) Lasted() string {
	if h.fault.Missed() {
		return "-"
	}
	if h.fault.Healed < h.fault.Injected {
		return "never"
	}
	return Latency(time.Duration(h.fault.Healed - h.fault.Injected))
}

// Bitten says whether the victim showed it.
func (h Harm) Bitten() string {
	if h.fault.Bitten {
		return "yes"
	}
	return "no"
}

// Recovery is how long it took until the system was ready and answered: see evidence.Run.Recovery.
func (h Harm) Recovery() string {
	if h.fault.Missed() {
		return "-"
	}
	if h.fault.Recovered == 0 {
		return "never"
	}
	return Latency(h.took)
}

// Proves tells whether the fault happened as it was meant to: it bit, and was recovered from.
func (h Harm) Proves() bool { return h.fault.Bitten && h.fault.Recovered != 0 }

// Sentence says it all in one.
func (h Harm) Sentence() string {
	sentence := "it was due at " + h.At()
	if !h.fault.Missed() {
		sentence = h.course()
	}
	if detail := h.Detail(); detail != "" {
		sentence += ": " + detail
	}
	return sentence
}

// course is what happened from injection to recovery.
func (h Harm) course() string {
	healed, bit, recovered := "healed after "+h.Lasted(), "did not bite", "recovered from in "+h.Recovery()
	if h.fault.Healed < h.fault.Injected {
		healed = "never healed"
	}
	if h.fault.Bitten {
		bit = "bit"
	}
	if h.fault.Recovered == 0 {
		recovered = "never recovered from"
	}
	return strings.Join([]string{"injected at " + h.At(), healed, bit, recovered}, ", ")
}
