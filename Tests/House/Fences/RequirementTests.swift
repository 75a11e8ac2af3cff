import Foundation
import Testing

@Suite("围栏：需求编号")
struct RequirementTests {
    static let rows: [String] = ((try? SourceTree.text("docs/features.tsv")) ?? "").split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "\t" }) }

    /// One `SomethingDeclaration(id: "A-09"` in a domain.
    struct Declared: Sendable { let type: String, id: String, path: String }

    static let declared: [Declared] = SourceTree.files.filter { $0.layer == "Domains" || $0.layer == "Engines" }.flatMap { file in
        file.code.map(\.text).joined(separator: "\n").matches(of: /(\w*)\(\s*id:\s*"([A-D][0-9.-][0-9A-Za-z.-]*)"/).map {
            Declared(type: String($0.1), id: String($0.2), path: file.path)
        }
    }

    @Test func catalogueIsWhole() {
        #expect(Self.rows.count == 1378)
        #expect(Set(Self.rows).count == Self.rows.count)
    }

    /// A declaration carries its row's id, or that and a number where one row needs several (`A-08-1`).
    @Test func declaredIdsAreRows() {
        let rows = Set(Self.rows)
        for item in Self.declared {
            let base = item.id.replacing(/-[0-9]+$/, with: "")
            #expect(rows.contains(item.id) || rows.contains(base), "\(item.path): \(item.id) 不在 docs/features.tsv 中")
        }
    }

    @Test func noneIsDeclaredTwice() {
        for (key, items) in Dictionary(grouping: Self.declared, by: { "\($0.type) \($0.id)" }) {
            #expect(items.count == 1, "\(key) 声明了 \(items.count) 次：\(items.map(\.path))")
        }
    }

    /// What docs/features.state says works is declared or named in a suite.
    @Test func whatWorksIsTested() throws {
        let state = try SourceTree.text("docs/features.state").split(separator: "\n").filter { !$0.hasPrefix("#") }
        for line in state {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            #expect(parts.count == 4, "docs/features.state: \(line)")
            guard parts.count == 4, parts[1] == "works" else { continue }
            #expect(!parts[3].isEmpty, "\(parts[0]) 写着 works，却没有测试套件")
        }
    }
}
