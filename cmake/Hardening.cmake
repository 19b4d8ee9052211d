# What makes a memory error in the host or a plugin harder to use. Sanitized builds find such errors
# and bring their own run time, so they go without. docs/SECURITY.md tells what holds where;
# tests/e2e/hardening_test.py reads it in the built files.

if(INGEST_SANITIZE OR INGEST_FUZZ)
  return()
endif()

include(CheckCXXCompilerFlag)
include(CheckPIESupported)
check_pie_supported()  # so that CMAKE_POSITION_INDEPENDENT_CODE means -pie too

# All symbols are bound at start and their table is read-only from then on; no stack that runs.
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)

# Checks of the C library's calls need optimisation; the others go with them, so that what is
# debugged is the plain code.
set(hardening -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE
  -D_FORTIFY_SOURCE=3 -Wformat -Wformat-security)
# Per architecture: x86-64 and ARMv8 mark where indirect jumps may go.
foreach(flag -fcf-protection=full -mbranch-protection=standard)
  string(MAKE_C_IDENTIFIER "INGEST_HAS${flag}" known)
  check_cxx_compiler_flag(${flag} ${known})
  if(${known})
    list(APPEND hardening ${flag})
  endif()
endforeach()
add_compile_options("$<$<AND:$<NOT:$<CONFIG:Debug>>,$<COMPILE_LANGUAGE:C,CXX>>:${hardening}>")
