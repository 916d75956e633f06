// Package history is a run in memory, made small: what the clients saw, one list of records per kind of
// operation, and the rows of the tables. Ten million operations take less than a gigabyte. Records hold no
// pointers, so that the garbage collector has nothing to look at; words are one byte, keys are numbers into an
// arena, and what only people want to see (actors, errors, names) stays in the files, where it can be fetched
// by id for the few records that are shown to somebody.
package history
