/* A C program that loads each library that is named, and lets each check itself. */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **names) {
    int failed = 0;
    for (int index = 1; index < count; index++) {
        /* Global, so that a library could take the symbols of another one for its own. */
        void *library = dlopen(names[index], RTLD_NOW | RTLD_GLOBAL);
        if (!library) {
            fprintf(stderr, "%s\n", dlerror());
            return 2;
        }
        int (*check)(void) = (int (*)(void))dlsym(library, "linking_check");
        failed |= check ? check() : 2;
    }
    return failed;
}
