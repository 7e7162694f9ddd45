/* Modbus RTU frames, server side: finds requests in a byte stream and builds their answers. Pure. */
#ifndef WORLD_RTU_H
#define WORLD_RTU_H

#include <stddef.h>
#include <stdint.h>

#include "world/registers.h"

enum { RTU_FRAME = 256 };

struct rtu { uint8_t data[RTU_FRAME]; size_t len; };    /* bytes of a request so far; zero it to start */

uint16_t rtu_crc(const uint8_t *data, size_t len);
/* Takes bytes from the line; too many for a frame are dropped, the CRC then fails. */
void rtu_take(struct rtu *rtu, const uint8_t *data, size_t len);
/* Answers the request at the front. Returns the bytes of the answer in `reply`, 0 when there is none to give (yet). `silence` tells that the
 * line was quiet long enough to end a frame: what makes no sense then is thrown away, as a device would. */
size_t rtu_answer(struct rtu *rtu, struct registers *registers, int silence, uint8_t reply[RTU_FRAME]);

#endif
