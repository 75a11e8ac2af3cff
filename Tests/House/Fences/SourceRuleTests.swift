import Foundation
import Testing

@Suite("围栏：源码")
struct SourceRuleTests {
    @Test func filesAreShort() {
        for file in SourceTree.files { #expect(file.lines.count <= 601, "\(file.path) 有 \(file.lines.count) 行，上限 600") }
    }

    @Test func modulesAreOfBearableSize() {
        for (module, files) in Dictionary(grouping: SourceTree.files, by: \.module) {
            #expect(files.count <= 150, "\(module) 有 \(files.count) 个文件，上限 150")
            // What stands behind the last line break is no line.
            let lines = files.reduce(0) { $0 + $1.lines.count - ($1.lines.last == "" ? 1 : 0) }
            #expect(lines <= 15_000, "\(module) 有 \(lines) 行，上限 15000")
        }
    }

    /// Escapes from checked concurrency stay where a lock or thread can be named.
    @Test func uncheckedConcurrencyStaysBelow() {
        for file in SourceTree.files where file.layer != "Base" && file.layer != "Gateways" && file.module != "Media" {
            for line in file.code where line.text.contains("@unchecked Sendable") || line.text.contains("nonisolated(unsafe)") {
                Issue.record("\(file.path):\(line.number): \(line.text)")
            }
        }
    }

    /// Each escape says on a line near it what guards the value.
    @Test func uncheckedConcurrencyIsExplained() {
        for file in SourceTree.files {
            for line in file.code where line.text.contains("@unchecked Sendable") || line.text.contains("nonisolated(unsafe)") {
                let near = file.lines[max(0, line.number - 8)..<min(file.lines.count, line.number + 1)]
                #expect(near.contains { $0.contains("//") }, "\(file.path):\(line.number) 没有说明由什么保护")
            }
        }
    }

    static let forbidden: [(word: String, why: String)] = [
        ("try!", "错误要处理"), ("fatalError(", "服务不得自行退出"), ("as!", "转换要能失败"), ("Task {", "任务要有归属：用任务组或服务"), ("Task.detached", "任务要有归属：用任务组或服务"),
        ("print(", "用日志；命令行输出除外"), ("DispatchQueue.main", "没有主线程"),
    ]

    @Test func forbiddenWordsAreAbsent() {
        for file in SourceTree.files {
            for line in file.code {
                for rule in Self.forbidden where contains(line.text, rule.word) && !(rule.word == "print(" && file.layer == "App") {
                    Issue.record("\(file.path):\(line.number): \(rule.word)：\(rule.why)")
                }
            }
        }
    }

    /// Part of a text is looked for with `SQL.contains`, which takes wildcards literally and treats case alike on every database; statements stand in multi-line literals too.
    @Test func partsOfTextAreLookedForInOnePlace() {
        for file in SourceTree.files where file.path != "Sources/Base/Storage/PartOfText.swift" {
            for (index, line) in file.lines.enumerated() where line.contains(/\bI?LIKE\s+(?:\\\(|LOWER|\?)/) || line.contains("replacing(\"%\"") {
                Issue.record("\(file.path):\(index + 1): 查找文字的一部分用 SQL.contains、SQL.starts")
            }
        }
    }

    /// A suite that waits, depends on a build flag or is switched off proves nothing.
    @Test func suitesAreWhole() {
        for file in SourceTree.suites {
            for line in file.code {
                for word in ["@testable", "XCTSkip", "withKnownIssue", "Task.sleep", "usleep(", "sleep("] where contains(line.text, word) {
                    Issue.record("\(file.path):\(line.number): \(word)")
                }
                if line.text.contains(".disabled(") { Issue.record("\(file.path):\(line.number): 测试不得关闭") }
            }
        }
    }

    /// Escaping knows text and quoted attributes; a value as an unquoted attribute would be markup (docs/decisions/0004).
    @Test func interpolatedAttributesAreQuoted() {
        for file in SourceTree.files {
            for (index, line) in file.lines.enumerated() where line.contains("=\\(") && line.contains(/<[a-z]+\s(?:[^>]*\s)?[a-z-]+=\\\(/) {
                Issue.record("\(file.path):\(index + 1): 属性值要加引号")
            }
        }
    }

    @Test func noNotesToSelf() {
        for file in SourceTree.files {
            for (index, line) in file.lines.enumerated() where line.contains("TODO") || line.contains("FIXME") {
                Issue.record("\(file.path):\(index + 1): 待办写进工单，不写进源码")
            }
        }
    }

    @Test func noNamesThatSayNothing() {
        for file in SourceTree.files {
            let name = (file.path as NSString).lastPathComponent
            #expect(!["Utils", "Helper", "Helpers", "Manager", "Common", "Misc"].contains { name.contains($0) }, "\(file.path)")
            #expect(!name.contains("+"), "\(file.path)")
        }
    }

    /// Types that other modules use say what they are.
    @Test func packageTypesAreDocumented() {
        for file in SourceTree.files {
            for (index, line) in file.lines.enumerated() where line.contains(/^package (?:final )?(?:struct|enum|class|actor|protocol)\s/) {
                var above = index - 1
                while above >= 0, file.lines[above].hasPrefix("@") { above -= 1 }
                #expect(above >= 0 && file.lines[above].hasPrefix("///"), "\(file.path):\(index + 1) 没有文档注释: \(line)")
            }
        }
    }

    /// `word` standing by itself: `Task {` but not `SubTask {`, `print(` but not `.fingerprint(`.
    private func contains(_ text: String, _ word: String) -> Bool {
        var rest = text[...]
        while let range = rest.range(of: word) {
            if range.lowerBound == text.startIndex { return true }
            let before = text[text.index(before: range.lowerBound)]
            if !before.isLetter, !before.isNumber, before != "_", before != "." { return true }
            rest = text[range.upperBound...]
        }
        return false
    }
}
