package cli

import (
	"fmt"

	"flashsale/checker"
)

// The exit codes of section "Exit codes" in --help, apart from the verdict's own.
const (
	exitHeld     = 0
	exitBadInput = 254
	exitCannot   = 255
)

// exitError is an error with its exit code. A nil err means that all has been said already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// badInput is an error in what the user gave.
func badInput(format string, args ...any) error {
	return &exitError{code: exitBadInput, err: fmt.Errorf(format, args...)}
}

// refuse wraps an error in what the user gave; nil stays nil.
func refuse(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code: exitBadInput, err: err}
}

// cannot wraps an error that kept us from doing what was asked; nil stays nil.
func cannot(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code: exitCannot, err: err}
}

// interrupted is the end of a run that the user stopped before there was anything to save.
func interrupted(scenario string) error {
	return &exitError{code: checker.ExitUndecided, err: fmt.Errorf("%s: interrupted before it began; nothing was saved", scenario)}
}

// verdict ends the program with a verdict's exit code, which has been explained already.
func verdict(code int) error {
	if code == exitHeld {
		return nil
	}
	return &exitError{code: code}
}
