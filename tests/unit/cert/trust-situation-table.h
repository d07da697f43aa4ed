#ifndef TESTS_UNIT_CERT_TRUST_SITUATION_TABLE_H
#define TESTS_UNIT_CERT_TRUST_SITUATION_TABLE_H

/* The situations of test-trust.c, which says what the letters mean; one row each, one table for each rule. */

#include <stddef.h>

struct situation {
    const char *what;
    const char *found;  /* bundles, | between entries; a bundle "-" is not base64 */
    const char *stamps; /* words: A+100 (from NOW), A=text, name=text */
    const char
        *ours; /* words: hA+50 (hold, until), rB+100 (retire), dS (drop); hAB: both in one text */
    const char *wanted; /* NULL: nothing is written */
    const char *wanted_stamps;
    const char *facts; /* h: holds all, w: was seen, r: is a repair */
};

/* clang-format off */
static const struct situation unions[] = {
    { "empty", "", "", "hA+50", "A", "", "" },
    { "there", "A", "", "hA+50", NULL, "", "h" },
    { "foreign stays", "B", "", "hA+50", "BA", "", "" },
    { "order found, new ones by hash", "DB", "", "hC+9 hA+9", "DBAC", "", "" },
    { "the other order", "DB", "", "hA+9 hC+9", "DBAC", "", "" },
    { "several in one text", "", "", "hCA+9", "AC", "", "" },
    { "each entry has its own", "B|C|", "", "hA+9", "BA|CA|A", "", "" },
    { "only one lacks", "BA|A|C", "", "hA+9", "BA|A|CA", "", "" },
    { "the last has it", "|A", "", "hA+9", "A|A", "", "" },
    { "in all", "BA|A|AC", "", "hA+9", NULL, "", "h" },
    { "nothing held", "B", "", "", NULL, "", "" },
    { "nothing held, nothing there", "", "", "", NULL, "", "" },
    { "held twice", "A", "", "hA+9 hA+70", NULL, "", "h" },
    { "no base64", "-", "", "hA+9", "A", "", "" },
    { "no base64, nothing held", "-", "", "", "", "", "" },
};

static const struct situation writing[] = {
    { "CRLF", "A'B", "", "hA+9", NULL, "", "h" },
    { "blanks at ends", "A\"B\"", "", "hA+9", NULL, "", "h" },
    { "empty lines", "A_", "", "hA+9", NULL, "", "h" },
    { "comments", "#A#B#", "", "hA+9", NULL, "", "h" },
    { "no newline at the end", "BA,", "", "hA+9", NULL, "", "h" },
    { "twice", "AA'BA", "", "hA+9", NULL, "", "h" },
    { "comments go when written", "#B'B#", "", "hA+9", "BA", "", "" },
    { "stray text", "&A&", "", "hA+9", NULL, "", "h" },
    { "stray text alone", "&", "", "hA+9", "A", "", "" },
    { "another type", "A!", "", "hA+9", "A", "", "" },
    { "no certificate", "*A", "", "hA+9", "A", "", "" },
    { "an empty block", "0A", "", "hA+9", "A", "", "" },
    { "begins twice", ";A", "", "hA+9", "A", "", "" },
    { "ends twice", "A<", "", "hA+9", "A", "", "" },
    { "headers of a foreign one", "AB:", "", "hA+9", "A", "", "" },
    { "ends as another type", "AB%", "", "hA+9", "A", "", "" },
    { "never ends", "AB.", "", "hA+9", "A", "", "" },
    { "never ends, then another", "B.A", "", "hA+9", "A", "", "" },
    { "Go does not read this type", "A^B", "", "hA+9", "BA", "", "" },
    { "Go does not read headers", "A:B", "", "hA+9", "BA", "", "" },
    { "Go wants the start of a line", "A/B", "", "hA+9", "BA", "", "" },
    { "Go wants the end of a line", "A>B", "", "hA+9", "BA", "", "" },
    { "no end of line before END", "A(B", "", "hA+9", "BA", "", "" },
    { "damaged", "A?B", "", "hA+9", "BA", "", "" },
    { "garbage, nothing of ours", "B!", "", "", "B", "", "" },
};

static const struct situation stamps[] = {
    { "left: stamped, with a margin", "AB", "", "hA+900 rB+100", "AB", "B+110", "h" },
    { "the margin has a limit", "AB", "", "hA+9 rB+86400", "AB", "B+86520", "h" },
    { "stamped already", "AB", "B+100", "hA+9 rB+100", NULL, "", "h" },
    { "moves forward", "AB", "B+99", "hA+9 rB+100", "AB", "B+110", "h" },
    { "never back", "AB", "B+5000", "hA+9 rB+100", NULL, "", "h" },
    { "left, and not there", "A", "", "hA+9 rB+100", NULL, "", "h" },
    { "time to notice", "AB", "", "hA+9 rB+2", "AB", "B+10", "h" },
    { "left long ago", "AB", "", "hA+9 rB-500", "AB", "B+10", "h" },
    { "held: no stamp", "AB", "", "hA+9 hB+100", NULL, "", "h" },
    { "held and stamped: extended", "AB", "B+50", "hA+9 hB+100", "AB", "B+110", "h" },
    { "held and stamped for long enough", "AB", "B+100", "hA+9 hB+100", NULL, "", "h" },
    { "held and retired: held", "AB", "", "hB+100 hA+9 rB+700", NULL, "", "h" },
    { "held until two times: the later", "AB", "B+50", "hB+100 hB+60 hA+9", "AB", "B+110", "h" },
    { "retired until two times: the later", "AB", "", "rB+100 rB+60 hA+9", "AB", "B+110", "h" },
    { "no foreign stamp moves", "AB", "B+1", "hA+9", NULL, "", "h" },
    { "in one of two entries", "A|AB", "", "hA+9 rB+100", "A|AB", "B+110", "h" },
    { "two stamps", "ABC", "", "hA+9 rB+100 rC+200", "ABC", "B+110 C+220", "h" },
};

static const struct situation pruning[] = {
    { "past its stamp", "AB", "B+0", "hA+9", "A", "", "h" },
    { "not yet", "AB", "B+1", "hA+9", NULL, "", "h" },
    { "left, and past its stamp", "AB", "B-1", "hA+9 rB-5", "A", "", "h" },
    { "in all entries", "BA|CBA", "B-1", "hA+9", "A|CA", "", "h" },
    { "never one's own", "AB", "A-1", "hA-5", NULL, "", "h" },
    { "one's own is extended", "A", "A-1", "hA+90", "A", "A+99", "h" },
    { "one's own comes back without a stamp", "B", "", "hA+90", "BA", "", "" },
    { "ended", "EA", "", "hA+9", "A", "", "h" },
    { "ended just now", "LA", "", "hA+9", "A", "", "h" },
    { "ended by our clock", "MA", "", "hA+9", NULL, "", "h" },
    { "ended, but ours", "EA", "", "hA+9 hE+9", NULL, "", "h" },
    { "ended, ours, and not there", "A", "", "hA+9 hN+9", NULL, "", "" },
    { "dropped", "ASB", "", "hA+9 dS", "AB", "", "h" },
    { "dropped everywhere", "ASB|S", "", "dS", "AB|", "", "" },
    { "dropped and gone", "A", "", "hA+9 dS", NULL, "", "h" },
    { "dropped and held", "S", "", "hS+9 dS", NULL, "", "h" },
    { "dropped and left", "AS", "", "hA+9 dS rS+80", "A", "", "h" },
};

static const struct situation stamps_that_are_none[] = {
    { "not RFC 3339", "AB", "B=yesterday", "hA+9", "AB", "", "h" },
    { "empty", "AB", "B=", "hA+9", "AB", "", "h" },
    { "a number", "AB", "B=1", "hA+9", "AB", "", "h" },
    { "before all time", "AB", "B=0000-01-01T00:00:00Z", "hA+9", "AB", "", "h" },
    { "another form", "AB", "B=2033-05-18t03:33:20.5+00:00", "hA+9", "A", "", "h" },
    { "far ahead", "AB", "B=9999-12-31T23:59:59Z", "hA+9", "AB", "", "h" },
    { "as far as may be", "AB", "B+69120000", "hA+9", NULL, "", "h" },
    { "a second farther", "AB", "B+69120001", "hA+9", "AB", "", "h" },
    { "replaced by who left", "AB", "B=x", "hA+9 rB+100", "AB", "B+110", "h" },
    { "not extended", "AB", "B=x", "hA+9 hB+100", "AB", "", "h" },
    { "never written farther", "AB", "", "hA+9 rB+999999999", "AB", "B+17280120", "h" },
    { "of an anchor that is gone, past", "A", "B-1", "hA+9", "A", "", "h" },
    { "of an anchor that is gone, to come", "A", "B+1", "hA+9", NULL, "", "h" },
    { "of nothing", "A", "zz+1 0123456789abcdef0+1 =x", "hA+9", "A", "", "h" },
    { "comes back under its stamp", "", "B+50", "hB+20", "B", "B+50", "" },
    { "of a dropped anchor", "AS", "S-1", "hA+9 dS", "A", "", "h" },
};

static const struct situation repairs[] = {
    { "emptied", "", "", "hA+9", "A", "", "wr" },
    { "in one entry", "A|", "", "hA+9", "A|A", "", "wr" },
    { "the first time", "", "", "hA+9", "A", "", "" },
    { "something else", "ABE", "", "hA+9", "AB", "", "hw" },
    { "ended, and taken out by others", "A", "", "hA+9 hE+9", NULL, "", "w" },
};

/* clang-format on */

#endif
