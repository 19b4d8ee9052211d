#include "http/router.h"

#include <gtest/gtest.h>

#include <array>

namespace ingest::http {
namespace {

const std::array<Asset, 2> assets = {Asset{"/docs", "text/html", "page"},
                                     Asset{"/api/v1/openapi.json", "application/json", "{}"}};

Route route(std::string_view method, std::string_view target) {
    return Router({}, assets).route(method, target);
}

TEST(Router, Endpoints) {
    EXPECT_EQ(route("GET", "/").endpoint, Endpoint::root);
    EXPECT_EQ(route("GET", "/health").endpoint, Endpoint::health);
    EXPECT_EQ(route("GET", "/health?x=y").endpoint, Endpoint::health);
    EXPECT_EQ(route("GET", "/health/ready").endpoint, Endpoint::ready);
    EXPECT_EQ(route("POST", "/api/v1/sensors/ingest").endpoint, Endpoint::ingest);
    EXPECT_EQ(route("POST", "/api/v1/sensors/ingest/batch").endpoint, Endpoint::ingest_batch);
    EXPECT_EQ(route("POST", "/api/v1/sensors/explain").endpoint, Endpoint::explain);
    EXPECT_EQ(route("GET", "/api/v1/plugins").endpoint, Endpoint::plugins);
    EXPECT_EQ(route("GET", "/api/v1/sensors/P-A-1/latest").endpoint, Endpoint::latest);
    EXPECT_EQ(route("GET", "/docs").asset, &assets[0]);
    EXPECT_EQ(route("GET", "/api/v1/openapi.json").asset, &assets[1]);
    EXPECT_EQ(route("GET", "http://h:1/health").endpoint, Endpoint::health);
}

TEST(Router, UnknownPaths) {
    for (const char* path : {"/x", "/health/", "/health/ready/", "//", "/api/v1/sensors",
                             "/api/v1/sensors/", "/api/v1/sensors//latest",
                             "/api/v1/sensors/latest",
                             "/api/v1/sensors/a/b/latest", "/api/v1/sensors/a/latest/",
                             "/api/v1/sensors/ingest/", "/DOCS", "/docs/x", "/../health"}) {
        EXPECT_EQ(route("GET", path).rejection.status, 404U) << path;
        EXPECT_EQ(route("OPTIONS", path).rejection.status, 404U) << path;
    }
}

TEST(Router, Methods) {
    for (const char* path :
         {"/", "/health", "/health/ready", "/docs", "/api/v1/sensors/A/latest"}) {
        EXPECT_FALSE(route("GET", path).rejection) << path;
        EXPECT_FALSE(route("HEAD", path).rejection) << path;
        EXPECT_TRUE(route("HEAD", path).head_only) << path;
        for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "get", "BREW"}) {
            EXPECT_EQ(route(method, path).rejection.status, 405U) << method << path;
            EXPECT_EQ(route(method, path).allow, "GET, HEAD, OPTIONS");
        }
    }
    for (const char* path : {"/api/v1/sensors/ingest", "/api/v1/sensors/ingest/batch"}) {
        EXPECT_FALSE(route("POST", path).rejection) << path;
        for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "post"}) {
            EXPECT_EQ(route(method, path).rejection.status, 405U) << method << path;
            EXPECT_EQ(route(method, path).allow, "POST, OPTIONS");
        }
    }
}

TEST(Router, Options) {
    EXPECT_TRUE(route("OPTIONS", "/health").options);
    EXPECT_EQ(route("OPTIONS", "/health").allow, "GET, HEAD, OPTIONS");
    EXPECT_EQ(route("OPTIONS", "/api/v1/sensors/ingest").allow, "POST, OPTIONS");
    EXPECT_EQ(route("OPTIONS", "*").allow, "GET, HEAD, POST, OPTIONS");
    EXPECT_FALSE(route("OPTIONS", "/api/v1/sensors/%00/latest").rejection);
    EXPECT_EQ(route("GET", "*").rejection.status, 400U);
}

TEST(Router, EquipmentIds) {
    const auto id = [](std::string_view segment) {
        return route("GET", "/api/v1/sensors/" + std::string(segment) + "/latest");
    };
    EXPECT_EQ(id("pump-a-001").equipment_id, "PUMP-A-001");
    EXPECT_EQ(id("%70ump%2Da%2d001").equipment_id, "PUMP-A-001");
    EXPECT_EQ(id("a%20b").equipment_id, "A B");
    EXPECT_EQ(id("%C3%A4").equipment_id, "\xC3\xA4");
    EXPECT_EQ(id("%F0%9F%98%80").rejection.status, 0U);
    EXPECT_EQ(id("ingest").endpoint, Endpoint::latest);
    for (const char* bad : {"%", "%4", "%4g", "%gg", "a%2Fb", "%00", "%0A", "%7F", "%C3", "%C3%28",
                            "%80", "%C0%AF", "%E0%80%AF", "%ED%A0%80", "%F4%90%80%80",
                            "%F0%80%80%80", "%F5%80%80%80", "%FF"})
        EXPECT_EQ(id(bad).rejection.status, 400U) << bad;
    EXPECT_EQ(id(std::string(256, 'a')).rejection.status, 0U);
    EXPECT_EQ(id(std::string(257, 'a')).rejection.status, 400U);

    const Router as_given({.uppercase_ids = false}, {});
    EXPECT_EQ(as_given.route("GET", "/api/v1/sensors/pump/latest").equipment_id, "pump");
}

TEST(Router, Limits) {
    const auto at = [](std::string_view query) {
        return route("GET", "/api/v1/sensors/A/latest?" + std::string(query));
    };
    EXPECT_EQ(route("GET", "/api/v1/sensors/A/latest").limit, 10U);
    EXPECT_EQ(at("").limit, 10U);
    EXPECT_EQ(at("limit=1").limit, 1U);
    EXPECT_EQ(at("limit=100").limit, 100U);
    EXPECT_EQ(at("a=b&limit=7&&c").limit, 7U);
    EXPECT_EQ(at("Limit=0&limits=0").limit, 10U);
    for (const char* bad : {"limit", "limit=", "limit=0", "limit=-1", "limit=101", "limit=1000",
                            "limit=ten", "limit=1.0", "limit=+5", "limit=%31", "limit=5&limit=5",
                            "limit=5%20", "limit=1=2"})
        EXPECT_EQ(at(bad).rejection.status, 400U) << bad;
}

}  // namespace
}  // namespace ingest::http
