#include "model/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/model/random_batches.h"

namespace ingest::model {
namespace {

TEST(SchemaTest, FixedColumnsComeFirst) {
    const auto schema = schema_of_all_types();
    ASSERT_EQ(schema->size(), 11U);
    EXPECT_EQ((*schema)[column_reading_id].name, "reading_id");
    EXPECT_EQ((*schema)[column_equipment_id].name, "equipment_id");
    EXPECT_EQ((*schema)[column_timestamp].name, "timestamp");
    EXPECT_EQ((*schema)[column_received_at].name, "received_at");
    EXPECT_EQ((*schema)[column_first_field].name, "real");
    EXPECT_EQ(schema->find("hot"), 10U);
    EXPECT_EQ(schema->find("Hot"), std::nullopt);
}

TEST(SchemaTest, ArrowFormIsThatOfTheProfile) {
    const auto schema = schema_of_all_types();
    const ArrowSchema* root = schema->arrow();
    EXPECT_STREQ(root->format, "+s");
    EXPECT_EQ(root->metadata, nullptr);
    EXPECT_EQ(root->dictionary, nullptr);
    EXPECT_NE(root->release, nullptr);
    ASSERT_EQ(root->n_children, 11);
    const char* formats[] = {"w:16", "u", "tsu:UTC", "tsu:UTC", "g", "l",
                             "u",    "b", "tsu:UTC", "u",       "b"};
    for (std::size_t i = 0; i < 11; ++i) {
        const ArrowSchema* child = root->children[i];
        EXPECT_STREQ(child->format, formats[i]) << i;
        EXPECT_EQ(child->name, (*schema)[i].name);
        EXPECT_EQ(child->metadata, nullptr);
        EXPECT_EQ(child->n_children, 0);
        EXPECT_EQ(child->dictionary, nullptr);
        EXPECT_NE(child->release, nullptr);
        EXPECT_EQ(child->flags, (*schema)[i].required ? 0 : ARROW_FLAG_NULLABLE) << i;
    }
    EXPECT_EQ(Schema({}).arrow()->n_children, 4);
}

TEST(SchemaTest, TextReadsBack) {
    const auto schema = schema_of_all_types();
    EXPECT_EQ(to_text(*schema),
              "schema 1\n1 r real\n0 o count\n2 o label\n3 o on\n4 o seen\n2 o note\n3 r hot\n");
    const auto read = schema_from_text(to_text(*schema));
    ASSERT_TRUE(read);
    EXPECT_TRUE((*read)->same_layout(*schema));
    EXPECT_EQ(to_text(**read), to_text(*schema));
    const auto empty = schema_from_text("schema 1\n");
    ASSERT_TRUE(empty);
    EXPECT_EQ((*empty)->size(), column_first_field);
    EXPECT_EQ((*schema_from_text("schema 1\n1 o a b\n").value())[4].name, "a b");
}

TEST(SchemaTest, MalformedTextIsRefused) {
    for (const char* text :
         {"", "schema 1", "schema 2\n", "schema 1\n1 r real", "schema 1\n\n", "schema 1\n1 r \n",
          "schema 1\n6 r real\n", "schema 1\n/ r real\n", "schema 1\n1 x real\n",
          "schema 1\n11 r real\n", "schema 1\n1 rr real\n", "schema 1\n1\n"}) {
        EXPECT_FALSE(schema_from_text(text)) << text;
    }
}

TEST(SchemaTest, AnyChangeOfTheTextIsRefusedOrReadsBack) {
    const std::string text = to_text(*schema_of_all_types());
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = text;
            changed[i] = static_cast<char>(byte);
            const auto schema = schema_from_text(changed);
            if (schema) {
                ASSERT_EQ(to_text(**schema), changed);
            }
        }
        const auto cut = schema_from_text(std::string_view(text).substr(0, i));
        if (cut) {
            ASSERT_EQ(to_text(**cut), text.substr(0, i));
        }
    }
}

TEST(SchemaTest, LayoutIsNamesTypesAndRequiredInOrder) {
    using enum ColumnType;
    const Schema one({{"a", float64, true, "bar", "pressure"}, {"b", utf8}});
    EXPECT_TRUE(one.same_layout(Schema({{"a", float64, true}, {"b", utf8}})));
    EXPECT_FALSE(one.same_layout(Schema({{"b", utf8}, {"a", float64, true}})));
    EXPECT_FALSE(one.same_layout(Schema({{"a", float64, true}})));
    EXPECT_FALSE(one.same_layout(Schema({{"a", float64}, {"b", utf8}})));
    EXPECT_FALSE(one.same_layout(Schema({{"a", int64, true}, {"b", utf8}})));
}

}  // namespace
}  // namespace ingest::model
