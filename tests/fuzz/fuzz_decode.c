/* Any bytes as what a device answers: judged as frames of both kinds, decoded by maps with every type and by every shipped map, walked as a SunSpec chain. Nothing that is delivered may lie
 * outside physics, and no payload may be taken from a frame shorter than its answer. */
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "device/decode.h"
#include "device/frame.h"
#include "device/plausible.h"
#include "device/sunspec.h"

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

/* What a reading may hold, whatever the device says. */
static void judge_reading(const struct image *image)
{
    struct gnm_reading r = { .mono_ms = 1 };
    struct plausible p = { 0 };
    char name[20];
    decode_reading(image, &r);
    decode_text(image, "model", name, sizeof name);
    plausible_apply(&p, &r);
    if (strlen(name) >= sizeof name || r.rejected > 4 * GNM_FIELDS)
        abort();
    for (int i = 0; i < GNM_FIELDS; i++) {
        double low, high;
        plausible_limits((enum gnm_field)i, &low, &high);
        if (!isnan(r.value[i]) && !(r.value[i] >= low && r.value[i] <= high))
            abort();
    }
    if (!isnan(r.value[GNM_STAGE]) && r.value[GNM_STAGE] != floor(r.value[GNM_STAGE]))
        abort();
}

/* The input, again and again, as all registers of the device; of SunSpec models the first byte says how much is there. */
static void decode(const struct map *map, const uint8_t *data, size_t size)
{
    struct image image;
    size_t next = 0;
    if (image_init(&image, map) < 0)
        abort();
    for (size_t i = 0; i < map->n_blocks; i++) {
        const struct map_block *b = &map->block[i];
        uint16_t words[MAP_REGISTERS];
        for (int k = 0; k < b->count; k++, next += 2)
            words[k] = size > 0 ? (uint16_t)(data[next % size] << 8 | data[(next + 1) % size]) : 0;
        size_t n = size > 0 && map->sunspec ? data[i % size] % (size_t)b->count + 1 : (size_t)b->count;
        image_put(&image, i, b->at, words, n);
    }
    judge_reading(&image);
    image_turn(&image);
    judge_reading(&image);
    image_free(&image);
}

/* The input as the address space of a SunSpec device. */
static void walk(const struct map *map, const uint8_t *data, size_t size)
{
    struct sunspec s = { 0 };
    struct gnm_why why = { 0 };
    int rc = 0, reads = 0;
    uint16_t mark[3] = { 0x5375, 0x6E53 };
    sunspec_start(&s);
    rc = sunspec_take(&s, map, mark, &why);
    for (; rc == 0; reads++) {
        size_t at = 2 * ((size_t)sunspec_at(&s) - 40000);
        const uint16_t words[2] = { at + 4 > size ? 0xFFFF : (uint16_t)(data[at] << 8 | data[at + 1]), at + 4 > size ? 0 : (uint16_t)(data[at + 2] << 8 | data[at + 3]) };
        rc = sunspec_take(&s, map, words, &why);
        if (reads > SUNSPEC_MODELS + 1)
            abort();
    }
    if (rc < 0 && why.text[0] == '\0')
        abort();
}

/* ---- the maps: two with every type, and all that are shipped ---- */

enum { ALL_MAPS = 32 };
static struct map *all[ALL_MAPS];
static size_t n_all;

static void add_map(const char *name, const char *text, size_t len)
{
    struct gnm_why why = { 0 };
    if (n_all == ALL_MAPS || map_load(name, text, len, &all[n_all], &why) < 0) {
        fprintf(stderr, "%s\n", why.text);
        abort();
    }
    n_all++;
}

static void load_maps(void)
{
    const char *root = getenv("GNOMON_ROOT") != NULL ? getenv("GNOMON_ROOT") : ".";
    glob_t found;
    char pattern[300], *data;
    size_t len;
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        add_map("fuzz", maps[i], strlen(maps[i]));
    snprintf(pattern, sizeof pattern, "%s/config/controllers/*.conf", root);
    if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc < 8)
        abort();
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (file_read(found.gl_pathv[i], 65536, &data, &len, NULL) < 0)
            abort();
        add_map(found.gl_pathv[i], data, len);
        free(data);
    }
    globfree(&found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (n_all == 0)
        load_maps();
    judge(FRAME_RTU, data, size);
    judge(FRAME_TCP, data, size);
    for (size_t i = 0; i < n_all; i++) {
        decode(all[i], data, size);
        if (all[i]->sunspec)
            walk(all[i], data, size);
    }
    return 0;
}
