/* FNV-1a (64 bits, for binding a checkpoint to its content), the same by eight bytes (for telling whole bodies apart) and CRC-32 (IEEE, for file integrity). Pure. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(14695981039346656037)
uint64_t hash_bytes(uint64_t hash, const void *data, size_t len);
uint64_t hash_block(const void *data, size_t len);      /* eight times as fast; depends on the byte order of the machine */
uint32_t crc32_bytes(uint32_t crc, const void *data, size_t len);   /* start with 0 */

#endif
