/* The library that needs-missing-library is linked with and does not find when it is loaded. */
int from_missing_library(void);
int from_missing_library(void) { return 0; }
