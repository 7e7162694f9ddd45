/* Any bytes as what a device answers: judged as frames of both kinds, and decoded by maps with every type. Nothing that is delivered may lie
 * outside physics, and no payload may be taken from a frame shorter than its answer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "device/decode.h"
#include "device/frame.h"
#include "device/plausible.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const maps[] = {
    "[map]\nname=A\norder=le\n[block 0]\nfunction=4\ncount=24\n"
    "[field battery_v]\nat=0\ntype=u16\nscale=0.01\nmissing=0xFFFF\n[field battery_a]\nat=1\ntype=s32\nscale=0.01\n[field soc_pct]\nat=3\ntype=u16\nbyte=lo\n"
    "[field battery_c]\nat=4\ntype=sign7\nbyte=lo\n[field case_c]\nat=4\ntype=sign7\nbyte=hi\n[field pv_v]\nat=5\ntype=half\n[field pv_a]\nat=6\ntype=half\n"
    "[field pv_w]\nat=7\ntype=f32be\n[field load_w]\nat=9\ntype=f32le\n[field stage]\nat=11\ntype=enum\nbits=3-2\nenum=0:off,1:float,2:absorption\nbulk_below=13.8\n"
    "[field faults.a]\nat=11\ntype=bits\nmask=0x81FF\n[field faults.b]\nat=12\ntype=bits\nwords=2\nshift=16\n[field pv_total_kwh]\nat=14\ntype=u32be\nscale=0.001\n",
    "[map]\nname=B\n[block 0]\nfunction=3\ncount=24\n[word v]\nat=0\ntype=u32be\nscale=1/65536\n[word sf]\nat=2\ntype=s16\nmissing=0x8000\n[word f]\nat=3\ntype=half\n"
    "[field battery_v]\nat=4\ntype=s16\nscale=@v/32768\n[field charge_a]\nat=5\ntype=s16\nscale=10^@sf\n[field load_a]\nat=6\ntype=s16\nscale=@v*@f*10^@sf\n"
    "[word model]\nat=8\ntype=text\nwords=8\n[field pv_today_kwh]\nat=7\ntype=u16\nzero_missing=yes\n",
};

static void judge(enum frame_kind kind, const uint8_t *data, size_t size)
{
    const struct frame_request q = { 1, 1, size % 3 == 0 ? 2 : 4, 0x3104, (uint16_t)(1 + size % 60) };
    struct frame_answer a;
    struct gnm_why why = { 0 };
    uint16_t words[MAP_REGISTERS];
    enum frame_verdict verdict = frame_check(kind, &q, data, size, &a, &why);
    if ((verdict == FRAME_BAD && why.text[0] == '\0') || (verdict == FRAME_MORE && a.missing == 0) || (verdict == FRAME_SKIP && (a.skip == 0 || a.skip > size)))
        abort();
    if (verdict != FRAME_ANSWER)
        return;
    if (size < frame_answer_size(kind, &q))
        abort();
    frame_words(&q, a.payload, words);
}

static void decode(const char *text, const uint8_t *data, size_t size)
{
    struct map *map = NULL;
    struct image image;
    uint16_t words[24] = { 0 };
    if (map_load("fuzz", text, strlen(text), &map, NULL) < 0 || image_init(&image, map) < 0)
        abort();
    memcpy(words, data, size < sizeof words ? size : sizeof words);
    image_put(&image, 0, 0, words, 24);
    struct gnm_reading r = { .mono_ms = 1 };
    struct plausible p = { 0 };
    char name[20];
    decode_reading(&image, &r);
    decode_text(&image, "model", name, sizeof name);
    plausible_apply(&p, &r);
    if (r.value[GNM_BATTERY_V] < 8 || r.value[GNM_BATTERY_V] > 17 || r.rejected > 2 * GNM_FIELDS)
        abort();
    for (int i = 0; i < GNM_FIELDS; i++)
        if (isinf(r.value[i]))
            abort();
    image_free(&image);
    map_free(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    judge(FRAME_RTU, data, size);
    judge(FRAME_TCP, data, size);
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        decode(maps[i], data, size);
    return 0;
}
