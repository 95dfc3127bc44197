/* Written by cbindgen from src/c.rs. */

#ifndef CALCULATOR_H
#define CALCULATOR_H

#include <stddef.h>
#include <stdint.h>

// What a function has done.
typedef enum Status {
  // All of it; the answer is the number on top of the stack, or empty.
  Done,
  // A part; the answer says what went wrong.
  Failed,
  // Nothing: there is no such calculator, or it has been destroyed.
  NoCalculator,
  // Nothing: the text is not UTF-8.
  NotText,
} Status;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Creates a calculator; returns its number, 0 if that fails.
//
// # Safety
//
// `name` points at text that ends with a zero.
uint64_t calculator_create(const char *name);

// Runs a line. The answer is cut where the space ends, and ends with a zero if there is any space.
//
// # Safety
//
// `line` points at text that ends with a zero; `answer` at `size` bytes that nobody else uses meanwhile.
enum Status calculator_run(uint64_t calculator,
                           const char *line,
                           char *answer,
                           size_t size);

// Destroys a calculator when nobody runs a line in it any more.
enum Status calculator_destroy(uint64_t calculator);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* CALCULATOR_H */
