package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// DiskBytesMin is the smallest disk that a server starts on and can work on for a while: a new data directory of
// MySQL takes half of it.
const DiskBytesMin = 192 << 20

// Disk is the small disk of a server that was opened with DiskBytes. It is in memory, in a mount namespace of the
// server's own, and vanishes with it.
type Disk struct {
	look func(ctx context.Context) (dir string, err error) // where we see the server's data
	log  string                                            // the server's
}

// Disk is the server's small disk; nil unless it was opened with DiskBytes.
func (s *Server) Disk() *Disk { return s.place.disk }

// ballastFile takes what is left of the disk. Its name is none that a server would think a database's.
const ballastFile = ".ballast"

// Chunks of the ballast: large ones while there is room, then pages.
const (
	ballastChunk = 1 << 20
	ballastPage  = 4 << 10
)

// Fill leaves nothing of the disk to the server.
func (d *Disk) Fill(ctx context.Context) error {
	dir, err := d.look(ctx)
	if err != nil {
		return err
	}
	ballast, err := os.OpenFile(filepath.Join(dir, ballastFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("fill the database's disk: %w", err)
	}
	defer ballast.Close()
	for _, size := range []int{ballastChunk, ballastPage} {
		for chunk := make([]byte, size); err == nil; {
			if err = ctx.Err(); err == nil {
				_, err = ballast.Write(chunk)
			}
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return fmt.Errorf("fill the database's disk: %w", err)
		}
		err = nil
	}
	return nil
}

// Free takes the ballast away. The server notices in its own time: MariaDB looks again once a minute.
func (d *Disk) Free(ctx context.Context) error {
	dir, err := d.look(ctx)
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, ballastFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("free the database's disk: %w", err)
	}
	return nil
}

// Full is what the disk has left, in bytes, and the last that the server has said in its log about a full disk;
// empty: nothing yet.
func (d *Disk) Full(ctx context.Context) (left int64, complaint string, err error) {
	dir, err := d.look(ctx)
	if err != nil {
		return 0, "", err
	}
	if left, err = bytesLeft(dir); err != nil {
		return 0, "", err
	}
	complaint, err = lastComplaint(d.log)
	return left, complaint, err
}

// lastComplaint is the last line of a log that speaks of a full disk.
func lastComplaint(logFile string) (string, error) {
	log, err := os.ReadFile(logFile)
	if err != nil {
		return "", fmt.Errorf("what the database says of its disk: %w", err)
	}
	var last string
	for line := range strings.Lines(string(log)) {
		for _, sign := range []string{"Disk is full", "No space left on device", "is full"} {
			if strings.Contains(line, sign) {
				last = strings.TrimSpace(line)
			}
		}
	}
	return last, nil
}

// checkDisk says what is wrong with a small disk that was asked for.
func checkDisk(o Options) error {
	switch {
	case o.DiskBytes == 0:
		return nil
	case o.DiskBytes < DiskBytesMin:
		return fmt.Errorf("a disk of %d bytes: the smallest that a database works on has %d", o.DiskBytes, DiskBytesMin)
	case o.DSN != "":
		return errors.New("a small disk is for a database server of our own: give no DSN")
	}
	return smallDisks()
}
