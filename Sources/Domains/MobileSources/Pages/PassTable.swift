import Kernel
import Ledgers
import Web

/// Passes as a table of the same columns wherever they stand.
struct PassTable: Sendable {
    var records: [Record]
    var snapshot: GateRegistry.Snapshot
    /// The pass whose page this is: marked.
    var here: Int64?
    var hasEnterprise = true

    func table(id: String, pager: Pager? = nil, context: WebContext) -> DataTable {
        var columns = [Column("plate", "号牌"), Column("at", "过车时间"), Column("direction", "方向")]
        if hasEnterprise { columns.append(Column("enterprise", "企业", isWrapping: true)) }
        columns += [Column("gate", "门岗"), Column("stage", "排放阶段"), Column("verdict", "校验结论"), Column("findings", "校验发现", isWrapping: true), Column("source", "数据来源")]
        return DataTable(id: id, columns: columns, rows: records.map(row), address: context.here, pager: pager, empty: "没有过车记录", hasTools: pager != nil)
    }

    private func row(_ record: Record) -> TableRow {
        let item = PassFeed.Item(record, in: snapshot)
        var cells: [Markup] = [
            "\(PlateTag(item.plate, item.color))", "\(item.passedAt)\(Markup.when(item.id == here, " \(Badge("本条", .info))"))",
            "<span class=\"way way-\(item.direction)\">\(GateCodes.direction.title(of: item.direction))</span>",
        ]
        if hasEnterprise { cells.append("\(item.enterprise)") }
        cells += [
            "\(item.gate)", "\(item.stage.title)", "\(VerdictTag(item.verdict, barrierAction: item.barrierAction))", "\(item.findings.joined(separator: "；"))",
            "\(GateCodes.passSource.title(of: record[GatePassEvent.source] ?? ""))",
        ]
        return TableRow(id: String(item.id), cells, path: "/passes/\(item.id)")
    }
}

/// The checks of a verdict, one a line: passed, failed or left out.
struct ExplanationSteps: Rendered {
    var explanation: PassExplanation

    init(_ explanation: PassExplanation) { self.explanation = explanation }

    var markup: Markup {
        let lines = explanation.steps.map { step -> Markup in
            let icon =
                switch step.outcome {
                case .passed: "check"
                case .failed: "x"
                case .skipped: "minus"
                }
            return "<li class=\"why-step is-\(step.outcome.rawValue)\">\(Icon(icon))<div><strong>\(step.title)</strong><span>\(step.text)</span></div></li>"
        }
        return "<ol class=\"verdict-steps\">\(lines)</ol>"
    }
}
