/* What the golden validators in C and C++ share: their manifest. The one in Rust is the same. */
#ifndef INGEST_GOLDEN_MANIFEST_H
#define INGEST_GOLDEN_MANIFEST_H

#define GOLDEN_MANIFEST                                                                     \
    "{\"kind\":\"validator\",\"shared_state\":true,\"options\":["                           \
    "{\"name\":\"limits\",\"type\":\"object\",\"description\":\"bounds by column\","        \
    "\"options\":[{\"name\":\"*\",\"type\":\"object\",\"options\":["                        \
    "{\"name\":\"min\",\"type\":\"number\",\"constrains\":\"minimum\"},"                    \
    "{\"name\":\"max\",\"type\":\"number\",\"constrains\":\"maximum\"}]}]},"                \
    "{\"name\":\"strip\",\"type\":\"string\",\"default\":\"\",\"column\":\"equipment_id\"," \
    "\"description\":\"taken off the beginning of equipment_id\"},"                         \
    "{\"name\":\"floor\",\"type\":\"boolean\",\"default\":false,"                           \
    "\"description\":\"round temperature down\"},"                                          \
    "{\"name\":\"null_below_zero\",\"type\":\"string\",\"description\":\"a column\"},"      \
    "{\"name\":\"counter\",\"type\":\"string\",\"description\":\"a column of integers\"},"  \
    "{\"name\":\"start\",\"type\":\"integer\",\"default\":0,\"minimum\":0},"                \
    "{\"name\":\"idle_unless\",\"type\":\"string\",\"description\":\"a column\"},"          \
    "{\"name\":\"fails_on\",\"type\":\"string\",\"description\":\"an equipment_id\"},"      \
    "{\"name\":\"bug_on\",\"type\":\"string\",\"description\":\"an equipment_id\"},"        \
    "{\"name\":\"lines\",\"type\":\"array\",\"items\":{\"type\":\"string\"}}],"             \
    "\"reads\":[\"*\"],"                                                                    \
    "\"writes\":[\"equipment_id\",\"temperature\",\"humidity\",\"seen\"],"                  \
    "\"issues\":[{\"code\":\"out_of_limits\",\"description\":\"beyond a bound\"},"          \
    "{\"code\":\"early\"},{\"code\":\"idle\"}]}"

#endif
