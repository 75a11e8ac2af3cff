import Exchange
import Kernel

/// What each row and column of one sheet does, and everything that is wrong with it.
struct TemplateSheetPlan: Sendable {
    enum Role: Sendable, Equatable {
        case fixed
        case detail(dataset: String)
        /// `level`: the place of its dimension.
        case subtotal(dataset: String, level: Int)
    }

    /// Columns that are repeated once for each value of a dimension.
    struct Band: Sendable, Equatable {
        var dataset: String
        var dimension: Int
        var columns: ClosedRange<Int>
    }

    var roles: [Int: Role] = [:]
    var band: Band?
    var faults: [ReportTemplate.Fault] = []
    /// Detail rows with their subtotals, first row to last.
    var blocks: [ClosedRange<Int>] = []
    private let sheet: WorkbookForm.Sheet

    init(_ sheet: WorkbookForm.Sheet, _ template: ReportTemplate) {
        self.sheet = sheet
        let datasets = Dictionary(template.datasets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for row in sheet.rows { judge(row, datasets, template) }
        findBlocks()
    }

    private func place(_ row: Int, _ column: Int) -> String { "\(sheet.name)!\(WorkbookForm.columnName(column))\(row)" }

    private mutating func fault(_ row: Int, _ column: Int, _ message: String) { faults.append(.init(place: place(row, column), message: message)) }

    private mutating func judge(_ row: WorkbookForm.Row, _ datasets: [String: ReportTemplate.Dataset], _ template: ReportTemplate) {
        var role = Role.fixed
        for cell in row.cells {
            guard case .text(let text) = cell.content, text.contains("{") || text.contains("}") else { continue }
            let (words, wrong) = TemplateWord.words(in: text)
            for message in wrong { fault(row.number, cell.column, message) }
            for word in words {
                guard let name = word.dataset else {
                    if !ReportTemplate.words.contains(word.column), !template.parameters.contains(where: { $0.name == word.column }) {
                        fault(row.number, cell.column, "“\(word.text)”不认识；可用 \(ReportTemplate.words.joined(separator: "、"))，或“数据集.列名”")
                    }
                    continue
                }
                guard let dataset = datasets[name] else {
                    fault(row.number, cell.column, "“\(word.text)”中的数据集“\(name)”没有在“\(ReportTemplate.settingsSheet)”中写明")
                    continue
                }
                guard let column = dataset.column(word.column) else {
                    fault(row.number, cell.column, "“\(word.text)”：数据集“\(name)”没有取“\(word.column)”")
                    continue
                }
                judge(word, column, dataset, row.number, cell.column, &role)
            }
        }
        roles[row.number] = role
    }

    private mutating func judge(
        _ word: TemplateWord, _ column: ReportTemplate.Dataset.Column, _ dataset: ReportTemplate.Dataset, _ row: Int, _ place: Int, _ role: inout Role
    ) {
        switch word.usage {
        case .plain, .group:
            if word.usage == .group, case .term = column { fault(row, place, "“\(word.text)”：只有维度可以分组") }
            // A figure of a dataset without dimensions stands where it is.
            if dataset.question.dimensions.isEmpty { return }
            switch role {
            case .fixed: role = .detail(dataset: dataset.name)
            case .detail(let other) where other != dataset.name: fault(row, place, "一行只能用一个数据集，本行已用“\(other)”")
            case .subtotal: fault(row, place, "小计行中只能写小计")
            case .detail: break
            }
        case .across:
            guard case .dimension(let index) = column else { return fault(row, place, "“\(word.text)”：只有维度可以横向展开") }
            let merged = sheet.merges.first { $0.rows.contains(row) && $0.columns.lowerBound == place }
            let found = Band(dataset: dataset.name, dimension: index, columns: merged?.columns ?? place...place)
            if let band, band != found { return fault(row, place, "一个工作表只能有一处横向展开") }
            band = found
        case .total: if case .dimension = column { fault(row, place, "“\(word.text)”：维度没有合计") }
        case .subtotal(let by):
            guard case .dimension(let level) = dataset.column(by) else { return fault(row, place, "“\(word.text)”：“\(by)”不是本数据集的维度") }
            switch role {
            case .fixed: role = .subtotal(dataset: dataset.name, level: level)
            case .subtotal(dataset.name, level): break
            default: fault(row, place, "小计行只能写同一个数据集、同一个维度的小计")
            }
        }
    }

    /// A detail row and the subtotal rows right below it.
    private mutating func findBlocks() {
        let numbers = roles.keys.sorted()
        var seen: Set<String> = []
        var index = 0
        while index < numbers.count {
            let row = numbers[index]
            index += 1
            switch roles[row] {
            case .subtotal(let dataset, _): fault(row, 0, "小计行要紧接在数据集“\(dataset)”的明细行下面")
            case .detail(let dataset):
                if !seen.insert(dataset).inserted { fault(row, 0, "数据集“\(dataset)”在本表中已有明细行") }
                var last = row
                while index < numbers.count, numbers[index] == last + 1, case .subtotal(let other, _) = roles[numbers[index]], other == dataset {
                    last = numbers[index]
                    index += 1
                }
                blocks.append(row...last)
            default: break
            }
        }
        for merge in sheet.merges where merge.rows.count > 1 {
            if blocks.contains(where: { $0.overlaps(merge.rows) && !($0.count == 1 && merge.rows == $0) }) {
                faults.append(.init(place: "\(sheet.name)!\(merge.text)", message: "明细行、小计行不能与其他行合并；相同内容请用“|分组”"))
            }
        }
    }
}
