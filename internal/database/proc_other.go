//go:build !linux

package database

import "errors"

// errNotLinux says that only Linux tells enough about a process, and gives it a disk of its own.
var errNotLinux = errors.New("only on Linux can a process and its disk be looked at")

func processState(int) (string, bool, error) { return "", false, errNotLinux }

func inSightOf(int, string) (string, error) { return "", errNotLinux }

func bytesLeft(string) (int64, error) { return 0, errNotLinux }

// smallDisks says whether a disk of DiskBytes can be made on this platform.
func smallDisks() error { return errNotLinux }
