VARIANT ?= release
B       := build/$(VARIANT)
CC      := gcc
WARN := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef -Wcast-qual -Wnull-dereference -Wimplicit-fallthrough -Wswitch-enum -Wconversion -Wno-sign-conversion -fno-common -fstack-protector-strong
OPT_release := -O2 -g -D_FORTIFY_SOURCE=2 -fPIE
OPT_asan    := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer
CFLAGS  += -std=gnu17 -D_GNU_SOURCE $(WARN) $(OPT_$(VARIANT)) -Isrc -MMD -MP
LDLIBS  := -lmicrohttpd -lgnutls -ljansson -lyaml -lm
LIB_SRC := $(filter-out src/cli/main.c,$(wildcard src/*/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
TESTS   := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*/test-*.c tests/unit/test-*.c))
all: $(B)/keyhook
$(B)/libkeyhook.a: $(LIB_OBJ)
	@rm -f $@ && ar rcs $@ $^
$(B)/keyhook: $(B)/src/cli/main.o $(B)/libkeyhook.a
	$(CC) $(OPT_$(VARIANT)) -o $@ $^ $(LDLIBS)
$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libkeyhook.a
	$(CC) $(OPT_$(VARIANT)) -o $@ $^ $(LDLIBS) -lcmocka
$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
check: $(TESTS)
	@for t in $(TESTS); do $$t || exit 1; done
.PHONY: all check
.SECONDARY:
-include $(LIB_OBJ:.o=.d)
