package binlog

import "github.com/go-mysql-org/go-mysql/mysql"

// unsignedMask has the bits that an unsigned number of a column's type uses. BIGINT uses all.
func unsignedMask(kind byte) uint64 {
	switch kind {
	case mysql.MYSQL_TYPE_TINY:
		return 1<<8 - 1
	case mysql.MYSQL_TYPE_SHORT:
		return 1<<16 - 1
	case mysql.MYSQL_TYPE_INT24:
		return 1<<24 - 1
	case mysql.MYSQL_TYPE_LONG:
		return 1<<32 - 1
	}
	return 0
}
