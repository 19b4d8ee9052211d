#include <cstdlib>

#include <gmock/gmock.h>

#include "abi/drive.h"

// Function tables of plugins, each with one fault: refused when they are loaded, never called.
namespace ingest {
namespace {

using ::testing::HasSubstr;

// "" when the library was loaded.
std::string refusal(const std::string& fault) {
    ::setenv("INGEST_TEST_FAULT", fault.c_str(), 1);
    const auto library = plugin::Library::load(test::built("tests/abi-plugins/tables.so"));
    return library ? std::string() : library.error().message;
}

TEST(Tables, WithoutAFaultAreTaken) {
    EXPECT_EQ(refusal("sink"), "");
    EXPECT_EQ(refusal("validator"), "");
}

TEST(Tables, NoFunctionOfMinor0MayBeMissing) {
    for (const char* field :
         {"validator.create", "validator.validate", "validator.destroy", "sink.create",
          "sink.write", "sink.health", "sink.flush", "sink.destroy", "query.create",
          "query.latest", "query.destroy"}) {
        const std::string table(field, std::string_view(field).find('.'));
        EXPECT_EQ(refusal(field),
                  "plugin tables: its table for ingest." + table + "/1 lacks a function")
            << field;
    }
}

TEST(Tables, ReservedFieldsAreZero) {
    for (const char* table : {"validator", "sink", "query"}) {
        EXPECT_EQ(refusal(table + std::string(".reserved")),
                  std::string("plugin tables: its ingest_") + table +
                      " has 7 in `reserved`, where 0 is due");
    }
}

TEST(Tables, HaveTheSizeOfMinor0AtLeast) {
    for (const char* table : {"validator", "sink", "query"}) {
        EXPECT_THAT(refusal(table + std::string(".struct_size")),
                    HasSubstr(std::string("its ingest_") + table +
                              " has a struct_size of 16 bytes"));
    }
}

}  // namespace
}  // namespace ingest
