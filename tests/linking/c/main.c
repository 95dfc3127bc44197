/* A C program that is linked with the library. */
int linking_check(void);

int main(void) {
    return linking_check();
}
