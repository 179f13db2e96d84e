// Files as editors, package managers and Kubernetes change them; nothing is waited for, as the
// kernel has told of a change when the call that made it returns.

#include "hosting/life/file_watcher.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace saker {
namespace {

using namespace std::chrono_literals;

class watched_files : public testing::Test {
protected:
    watched_files() {
        std::string made = testing::TempDir() + "saker-watch-XXXXXX";
        folder = mkdtemp(made.data());
    }
    ~watched_files() override { EXPECT_EQ(std::system(("rm -rf '" + folder + '\'').c_str()), 0); }
    [[nodiscard]] std::string in(const std::string& name) const { return folder + '/' + name; }
    void write(const std::string& name, const std::string& text) const {
        FILE* const file = std::fopen(in(name).c_str(), "w");
        ASSERT_NE(file, nullptr) << name;
        std::fputs(text.c_str(), file);
        std::fclose(file);
    }
    void link(const std::string& to, const std::string& name) const {
        ASSERT_EQ(symlink(to.c_str(), in(name).c_str()), 0);
    }
    void rename_to(const std::string& from, const std::string& to) const {
        ASSERT_EQ(std::rename(in(from).c_str(), in(to).c_str()), 0);
    }
    // Told by the kernel, and seen by a look.
    static void expect_change(file_watcher& of) {
        EXPECT_TRUE(of.take_events());
        EXPECT_TRUE(of.look());
        of.take_events();
        EXPECT_FALSE(of.look());
    }

    std::string folder;
};

TEST_F(watched_files, are_written_anew) {
    write("a.json", "{}");
    file_watcher of({in("a.json")});
    ASSERT_GE(of.fd(), 0);
    EXPECT_FALSE(of.take_events());
    EXPECT_FALSE(of.look());
    write("a.json", "{\"a\": 1}");
    expect_change(of);
}

TEST_F(watched_files, are_replaced_by_a_rename) {
    write("a.json", "{}");
    file_watcher of({in("a.json")});
    for (int i = 0; i < 3; ++i) {
        write("a.json.new", "[]");
        rename_to("a.json.new", "a.json");
        expect_change(of);
    }
}

TEST_F(watched_files, appear_disappear_and_come_back) {
    file_watcher of({in("a.json")});
    write("a.json", "{}");
    expect_change(of);
    unlink(in("a.json").c_str());
    expect_change(of);
    write("a.json", "{}");
    expect_change(of);
}

TEST_F(watched_files, other_files_beside_them_do_not_count) {
    write("a.json", "{}");
    file_watcher of({in("a.json")});
    write("b.json", "{}");
    EXPECT_TRUE(of.take_events());
    EXPECT_FALSE(of.look());
}

TEST_F(watched_files, lie_in_folders_that_come_later) {
    file_watcher of({in("etc/app/a.json")});
    ASSERT_EQ(mkdir(in("etc").c_str(), 0700), 0);
    EXPECT_TRUE(of.take_events());
    EXPECT_FALSE(of.look());
    ASSERT_EQ(mkdir(in("etc/app").c_str(), 0700), 0);
    EXPECT_TRUE(of.take_events());
    EXPECT_FALSE(of.look());
    write("etc/app/a.json", "{}");
    expect_change(of);
}

// kubelet: a.json -> ..data/a.json, ..data -> ..2026_1; then ..data_tmp is renamed over ..data.
TEST_F(watched_files, are_swapped_by_kubernetes) {
    for (const char* const version : {"..2026_1", "..2026_2", "..2026_3"}) {
        ASSERT_EQ(mkdir(in(version).c_str(), 0700), 0);
        write(std::string(version) + "/a.json", "{}");
    }
    link("..2026_1", "..data");
    link("..data/a.json", "a.json");
    file_watcher of({in("a.json")});
    for (const char* const version : {"..2026_2", "..2026_3"}) {
        link(version, "..data_tmp");
        rename_to("..data_tmp", "..data");
        expect_change(of);
    }
    write("..2026_3/a.json", "{\"b\": 1}");
    expect_change(of);
}

TEST_F(watched_files, lie_behind_a_link_to_a_folder_that_is_swapped) {
    for (const char* const version : {"v1", "v2"}) {
        ASSERT_EQ(mkdir(in(version).c_str(), 0700), 0);
        write(std::string(version) + "/a.json", version);
    }
    link("v1", "current");
    file_watcher of({in("current/a.json")});
    link("v2", "next");
    rename_to("next", "current");
    expect_change(of);
    write("v2/a.json", "another");
    expect_change(of);
}

TEST_F(watched_files, the_folders_on_the_way_are_those_where_a_step_can_change) {
    ASSERT_EQ(mkdir(in("real").c_str(), 0700), 0);
    write("real/a.json", "{}");
    link("real", "link");
    link(in("link/a.json"), "a.json");
    EXPECT_EQ(folders_on_the_way(in("a.json")), (std::vector<std::string>{folder, in("real")}));
    EXPECT_EQ(folders_on_the_way(in("not/there/a.json")), std::vector<std::string>{folder});
    EXPECT_EQ(folders_on_the_way("surely_not_there.json"), std::vector<std::string>{"."});
    link("loop", "loop");
    EXPECT_FALSE(folders_on_the_way(in("loop/a.json")).empty());
}

TEST(settling, waits_until_nothing_happens_but_not_for_ever) {
    settling changes;
    EXPECT_FALSE(changes.due());
    const settling::time start{1h};
    changes.happened(start);
    EXPECT_EQ(changes.due(), start + 100ms);
    changes.happened(start + 50ms);
    EXPECT_EQ(changes.due(), start + 150ms);
    for (auto after = 100ms; after < 2s; after += 50ms) changes.happened(start + after);
    EXPECT_EQ(changes.due(), start + 1s);
    changes.looked();
    EXPECT_FALSE(changes.due());
}

}  // namespace
}  // namespace saker
