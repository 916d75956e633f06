package fault

import (
	"context"
	"fmt"
	"strings"
)

// fullDisk fills the disk that the database writes to. It has bitten when nothing is left there, and the database
// has complained since, and healed when it commits again, which may be a minute after there is room.
type fullDisk struct {
	disk   Disk
	commit func(context.Context) error
	before string // what the database had complained about already
}

// page is what the database asks its disk for at a time, at least: less than that is nothing.
const page = 4096

func newFullDisk(_ Order, s System) Fault {
	return &fullDisk{disk: s.Database.Disk, commit: s.Database.Commit}
}

func (d *fullDisk) Inject(ctx context.Context) (err error) {
	if _, d.before, err = d.disk.Full(ctx); err != nil {
		return err
	}
	return d.disk.Fill(ctx)
}

func (d *fullDisk) Bitten(ctx context.Context) (sign string) {
	ctx, cancel := patiently(ctx)
	defer cancel()
	left, complaint, err := d.disk.Full(ctx)
	if err != nil || left >= page || complaint == "" || complaint == d.before {
		return ""
	}
	return fmt.Sprintf("%d bytes left; %s", left, begin(complaint))
}

// complaintMax is how much of a complaint is quoted, in bytes: the moment, and what cannot be written.
const complaintMax = 120

func begin(complaint string) string {
	if len(complaint) <= complaintMax {
		return complaint
	}
	return strings.ToValidUTF8(complaint[:complaintMax], "") + "..."
}

func (d *fullDisk) Heal(ctx context.Context) error {
	if err := d.disk.Free(ctx); err != nil {
		return err
	}
	return d.commit(ctx)
}
