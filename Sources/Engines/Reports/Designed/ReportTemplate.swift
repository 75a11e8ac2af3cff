import Exchange
import Foundation
import Identity
import Kernel
import Web

/// A designed report: an xlsx as an official drew it, with placeholders, and a last sheet `数据集` that says what is asked.
///
/// `数据集` has one line a thing, the first cell says which: `周期 | 月`; `参数 | 名称 | 维度`; `数据集 | 名称 | 主题 | 维度 | 指标 | 筛选 | 时间 | 排序 | 前几项`. Several names in a cell stand
/// with `，` or `；` between them.
package struct ReportTemplate: Sendable {
    package static let settingsSheet = "数据集"
    package static let mostDatasets = 12

    struct Dataset: Sendable {
        var name: String
        var question: ReportQuestion
        var source: ReportSource
        var row: Int
        /// Its own span instead of the report's period.
        var hasOwnSpan: Bool

        /// Place among dimensions, or among terms.
        enum Column: Sendable, Equatable {
            case dimension(Int)
            case term(Int)
        }

        func column(_ word: String) -> Column? {
            if let dimension = source.dimension(word), let index = question.dimensions.firstIndex(of: dimension.name) { return .dimension(index) }
            if let term = ReportTerm(written: word, source), let index = question.terms.firstIndex(of: term) { return .term(index) }
            return nil
        }
    }

    package struct Parameter: Sendable, Equatable {
        package var name: String
        package var dimension: String
    }

    /// One thing wrong with a template, and where.
    package struct Fault: Sendable, Equatable {
        /// `月报!B5`.
        package var place: String
        package var message: String
    }

    package var period: ReportPeriod
    package var parameters: [Parameter]
    var datasets: [Dataset]
    var form: WorkbookForm
    package var faults: [Fault]

    /// Words of the report itself.
    static let words = ["报表名称", "统计时间", "开始日期", "截止日期", "单位", "制表人", "制表时间", "数据范围"]

    /// Reads and checks everything; what is wrong stands in `faults`, all of it.
    ///
    /// - Throws: what is no workbook at all.
    package init(_ bytes: [UInt8], on engine: ReportEngine) throws {
        form = try WorkbookForm(bytes: bytes)
        period = .month
        parameters = []
        datasets = []
        faults = []
        guard let settings = form.sheets.last, settings.name == ReportTemplate.settingsSheet else {
            faults.append(Fault(place: "工作簿", message: "最后一个工作表应名为“\(ReportTemplate.settingsSheet)”，写明周期和取数方法"))
            return
        }
        if form.sheets.count < 2 { faults.append(Fault(place: "工作簿", message: "除“\(ReportTemplate.settingsSheet)”外还应有至少一个工作表")) }
        for row in settings.rows { read(row, engine) }
        if datasets.isEmpty, faults.isEmpty { faults.append(Fault(place: ReportTemplate.settingsSheet, message: "没有写任何数据集")) }
        if datasets.count > ReportTemplate.mostDatasets { faults.append(Fault(place: ReportTemplate.settingsSheet, message: "数据集不得超过 \(ReportTemplate.mostDatasets) 个")) }
        for sheet in form.sheets.dropLast() { faults += TemplateSheetPlan(sheet, self).faults }
    }

    private mutating func read(_ row: WorkbookForm.Row, _ engine: ReportEngine) {
        func text(_ column: Int) -> String {
            switch row.cell(column)?.content {
            case .text(let text): text.trimmingCharacters(in: .whitespacesAndNewlines)
            case .number(let number): Int64(exactly: number).map(String.init) ?? String(number)
            default: ""
            }
        }
        func place(_ column: Int) -> String { "\(ReportTemplate.settingsSheet)!\(WorkbookForm.columnName(column))\(row.number)" }
        switch text(0) {
        case "周期":
            if let found = ReportPeriod(written: text(1)) { period = found } else { faults.append(Fault(place: place(1), message: "周期应为日、周、月、季或年")) }
        case "参数":
            if text(1).isEmpty || text(2).isEmpty {
                faults.append(Fault(place: place(1), message: "参数要写名称和维度"))
            } else {
                parameters.append(Parameter(name: text(1), dimension: text(2)))
            }
        case "数据集": readDataset(row.number, text, place, engine)
        default: break
        }
    }

    private mutating func readDataset(_ number: Int, _ text: (Int) -> String, _ place: (Int) -> String, _ engine: ReportEngine) {
        let name = text(1)
        if name.isEmpty || name.contains(where: { ".{}|".contains($0) }) { faults.append(Fault(place: place(1), message: "数据集的名称不能为空，也不能含有 . { } |")) }
        if datasets.contains(where: { $0.name == name }) { faults.append(Fault(place: place(1), message: "数据集“\(name)”重复")) }
        guard let source = engine.source(written: text(2)) else {
            faults.append(Fault(place: place(2), message: "没有“\(text(2))”这个统计主题"))
            return
        }
        var question = ReportQuestion(source.name, terms: [], span: .thisMonth, picture: .table)
        for word in ReportTemplate.list(text(3)) {
            if let dimension = source.dimension(word) {
                question.dimensions.append(dimension.name)
            } else {
                faults.append(Fault(place: place(3), message: "“\(source.title)”没有维度“\(word)”"))
            }
        }
        if question.dimensions.count > source.mostDimensions { faults.append(Fault(place: place(3), message: "“\(source.title)”最多用 \(source.mostDimensions) 个维度")) }
        for word in ReportTemplate.list(text(4)) {
            if let term = ReportTerm(written: word, source) {
                question.terms.append(term)
            } else {
                faults.append(Fault(place: place(4), message: "“\(source.title)”没有指标“\(word)”"))
            }
        }
        if question.terms.isEmpty { faults.append(Fault(place: place(4), message: "至少写一个指标")) }
        for part in ReportTemplate.list(text(5)) {
            let sides = part.split(whereSeparator: { $0 == "=" || $0 == "＝" }).map { String($0).trimmingCharacters(in: .whitespaces) }
            if sides.count == 2, let dimension = source.dimension(sides[0]), dimension.isFilter {
                question.filters.append(ReportFilter(dimension.name, sides[1].split(whereSeparator: { "/／".contains($0) }).map(String.init)))
            } else {
                faults.append(Fault(place: place(5), message: "筛选“\(part)”应写成 维度=值/值，且该维度可以筛选"))
            }
        }
        let span = ReportSpan(word: text(6))
        if !text(6).isEmpty, span == nil, text(6) != "周期" { faults.append(Fault(place: place(6), message: "时间“\(text(6))”应为空（按周期）或 今天、近 30 天、今年 等")) }
        if let span { question.span = span }
        if !text(7).isEmpty {
            let isDescending = text(7).hasPrefix("-") || text(7).hasSuffix("从高到低")
            let word = text(7).trimmingCharacters(in: CharacterSet(charactersIn: "-")).replacing("从高到低", with: "").replacing("从低到高", with: "")
            if let term = ReportTerm(written: word, source), question.terms.contains(term) {
                question.sort = (isDescending ? "-" : "") + term.text
            } else {
                faults.append(Fault(place: place(7), message: "排序“\(text(7))”应为本数据集的一个指标，如 车次从高到低"))
            }
        }
        question.limit = Int(text(8)) ?? 0
        datasets.append(Dataset(name: name, question: question, source: source, row: number, hasOwnSpan: span != nil))
    }

    private static func list(_ text: String) -> [String] {
        text.split(whereSeparator: { "，,；;\n".contains($0) }).map { String($0).trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    /// Names of the sheets that are filled.
    package var sheetNames: [String] { form.sheets.dropLast().map(\.name) }
}

extension ReportTerm {
    /// As a template writes it: `车次`, `车次占比`, `车次同比`, `清洁车次÷总车次`.
    init?(written word: String, _ source: ReportSource) {
        if let measure = source.measure(word) {
            self = .plain(measure.name)
            return
        }
        if word.contains("~"), let term = ReportTerm(word), term.plain.allSatisfy({ source.measure($0) != nil }) {
            self = term
            return
        }
        let sides = word.split(whereSeparator: { "÷/".contains($0) }).map(String.init)
        if sides.count == 2, let part = source.measure(sides[0]), let whole = source.measure(sides[1]) {
            self = .ratio(part.name, whole.name)
            return
        }
        for (ending, make) in [("占比", ReportTerm.share), ("同比", ReportTerm.yearOnYear), ("环比", ReportTerm.sequential), ("去年同期", ReportTerm.lastYear)] {
            if word.hasSuffix(ending), let measure = source.measure(String(word.dropLast(ending.count))) {
                self = make(measure.name)
                return
            }
        }
        return nil
    }
}
