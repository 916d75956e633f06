package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
)

// Parquet's own checksums leave dictionaries, page headers and the footer out: a changed bit there reads
// as other rows. So every file is sealed: its footer carries a SHA-256 of the whole file, taken with the
// digest's own digits as zeros, and nothing is decoded before it was verified. This finds damage; it is no
// protection against a forger, who can seal again: against him the decoder stands, which believes no number.
const (
	sealMark   = "sha256:"
	sealDigits = 2 * sha256.Size

	parquetMagic = "PAR1"
	parquetTail  = 4 + len(parquetMagic) // length of the footer, and the magic, end the file
)

const unsealed = sealMark + "0000000000000000000000000000000000000000000000000000000000000000"

// seal writes the digest of a complete file into its place.
func seal(file *os.File) error {
	at, _, err := findSeal(file)
	if err != nil {
		return err
	}
	digest, err := digestAround(file, at)
	if err != nil {
		return err
	}
	_, err = file.WriteAt([]byte(digest), at)
	return err
}

// verify tells whether a file is as it was sealed.
func verify(file *os.File) error {
	at, found, err := findSeal(file)
	if err != nil {
		return err
	}
	digest, err := digestAround(file, at)
	if err != nil {
		return err
	}
	if digest != found {
		return fmt.Errorf("%w: its content does not match its digest", ErrDamaged)
	}
	return nil
}

// findSeal finds the digest's digits in the footer of a Parquet file.
func findSeal(file *os.File) (at int64, digits string, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, "", err
	}
	tail := make([]byte, parquetTail)
	tailAt := info.Size() - int64(parquetTail)
	if tailAt < int64(len(parquetMagic)) {
		return 0, "", fmt.Errorf("%w: %d bytes are too few", ErrDamaged, info.Size())
	}
	if _, err := file.ReadAt(tail, tailAt); err != nil {
		return 0, "", err
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if string(tail[4:]) != parquetMagic || length > tailAt {
		return 0, "", fmt.Errorf("%w: it does not end as a Parquet file does", ErrDamaged)
	}
	footer := make([]byte, length)
	if _, err := file.ReadAt(footer, tailAt-length); err != nil {
		return 0, "", err
	}
	mark := bytes.LastIndex(footer, []byte(sealMark))
	start := mark + len(sealMark)
	if mark < 0 || start+sealDigits > len(footer) {
		return 0, "", fmt.Errorf("%w: it carries no digest", ErrForeign)
	}
	return tailAt - length + int64(start), string(footer[start : start+sealDigits]), nil
}

// digestAround digests the file with zeros in place of the digits at the given offset.
func digestAround(file *os.File, at int64) (string, error) {
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	rest := at + sealDigits
	digest := sha256.New()
	_, err = io.Copy(digest, io.MultiReader(
		io.NewSectionReader(file, 0, at),
		strings.NewReader(strings.Repeat("0", sealDigits)),
		io.NewSectionReader(file, rest, info.Size()-rest),
	))
	return hex.EncodeToString(digest.Sum(nil)), err
}
