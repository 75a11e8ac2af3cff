import Kernel
import MobileSources
import Web

/// 完整性证明 as a table: counts side by side, every difference named.
struct ProofTable {
    var lines: [CompletenessProof.Line]

    func markup(_ context: WebContext) -> Markup {
        let columns = [
            Column("day", "日期"), Column("gate", "门岗"), Column("generated", "抓拍数", align: .end), Column("received", "接收数", align: .end), Column("stored", "入库数", align: .end),
            Column("holds", "结论"),
            Column("differences", "差异", isWrapping: true),
        ]
        let rows = lines.map { line -> TableRow in
            let differences = line.differences.map { "<li>\($0.text)</li>" as Markup }
            let cells: [Markup] = [
                "\(line.day)", "\(line.gateName)", line.generated.map { "\(Figure.grouped($0))" } ?? "<span class=\"muted\">未上报</span>", "\(Figure.grouped(line.received))",
                "\(Figure.grouped(line.stored))",
                line.holds ? "\(Badge("完整", .good))" : "\(Badge("有差异", .red))", differences.isEmpty ? "<span class=\"muted\">无</span>" : "<ul>\(differences)</ul>",
            ]
            return TableRow(cells, tone: line.holds ? nil : .red)
        }
        return "\(DataTable(id: "proof", columns: columns, rows: rows, address: context.here, empty: "该企业没有登记门岗", hasTools: false))"
    }
}
