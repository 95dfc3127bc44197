/* Runs a library that was written in Rust with globals as two independent calculators. */

#include <stdio.h>

#include "calculator.h"

static void run(uint64_t calculator, const char *name, const char *line) {
    char answer[80];
    enum Status status = calculator_run(calculator, line, answer, sizeof answer);
    if (status == NoCalculator) {
        printf("%5s  %-16s -> there is no such calculator\n", name, line);
    } else {
        printf("%5s  %-16s -> %s\n", name, line, answer);
    }
}

int main(void) {
    uint64_t red = calculator_create("red"), blue = calculator_create("blue");
    if (red == 0 || blue == 0) {
        fputs("this build has no instances\n", stderr);
        return 1;
    }
    run(red, "red", ": twice 2 *");
    run(red, "red", "21 twice");
    run(blue, "blue", "1 twice");
    run(blue, "blue", "41 +");
    calculator_destroy(red);
    run(red, "red", "1");
    run(blue, "blue", "1 -");
    calculator_destroy(blue);
    return 0;
}
