import Kernel
import Storage
import Testing

@Suite("查找文字的一部分")
struct PartOfTextTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let condition: SQL
        let found: [String]
    }

    static let titles = ["冀A·12345", "100%达标", "1000达标", "a_b", "axb", #"C:\\data"#, "Shell Sheet", "it's", "|gb@1:high|", "|gb@1:low|"]

    static let examples: [Example] = [
        Example(testDescription: "中文一段", condition: .contains("达标", in: "title"), found: ["100%达标", "1000达标"]),
        Example(testDescription: "百分号是它自己", condition: .contains("0%", in: "title"), found: ["100%达标"]),
        Example(testDescription: "下划线是它自己", condition: .contains("a_b", in: "title"), found: ["a_b"]),
        Example(testDescription: "反斜杠是它自己", condition: .contains(#"C:\\d"#, in: "title"), found: [#"C:\\data"#]),
        Example(testDescription: "只有一个反斜杠", condition: .contains("\\", in: "title"), found: [#"C:\\data"#]),
        Example(testDescription: "大小写不分", condition: .contains("sHEL", in: "title"), found: ["Shell Sheet"]),
        Example(testDescription: "引号", condition: .contains("t's", in: "title"), found: ["it's"]),
        Example(testDescription: "空的一段符合所有文字", condition: .contains("", in: "title"), found: titles),
        Example(testDescription: "几列之一", condition: .contains("二号", in: "title", "note"), found: ["axb"]),
        Example(testDescription: "几列与其他条件并列", condition: "\(SQL.contains("a", in: "title", "note")) AND weight = 4", found: ["axb"]),
        Example(testDescription: "空值不符合", condition: .contains("号", in: "note"), found: ["axb"]),
        Example(testDescription: "开头", condition: .starts(with: "100", in: "title"), found: ["100%达标", "1000达标"]),
        Example(testDescription: "开头的百分号", condition: .starts(with: "100%", in: "title"), found: ["100%达标"]),
        Example(testDescription: "开头不分大小写", condition: .starts(with: "shell s", in: "title"), found: ["Shell Sheet"]),
        Example(testDescription: "中间不是开头", condition: .starts(with: "达标", in: "title"), found: []),
        Example(testDescription: "代码列表中的一个", condition: .contains(code: "|gb@", ":high|", in: "title"), found: ["|gb@1:high|"]),
        Example(testDescription: "代码里的下划线", condition: .contains(code: "a_b", in: "title"), found: ["a_b"]),
    ]

    @Test(arguments: DatabaseUnderTest.all, examples)
    func found(_ kind: DatabaseUnderTest, _ example: Example) async throws {
        let database = try await kind.opened()
        try await database.write { tx in
            try tx.execute("ALTER TABLE notes ADD COLUMN note TEXT")
            for (index, title) in Self.titles.enumerated() {
                let note = title == "axb" ? "二号门" : nil
                try tx.execute("INSERT INTO notes (title, note, weight) VALUES (\(title), \(note), \(Double(index)))")
            }
        }
        let found = try await database.read { try $0.rows("SELECT title FROM notes WHERE \(example.condition) ORDER BY weight").compactMap { $0.text("title") } }
        #expect(found == example.found)
    }
}
