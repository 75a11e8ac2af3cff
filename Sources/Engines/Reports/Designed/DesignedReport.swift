import Exchange
import Foundation
import Identity
import Kernel
import Storage
import Web

/// One making of a designed report: for whom, over which period, with which parameters.
package struct ReportOrder: Sendable {
    /// A day within the period.
    package var day: Day
    /// Values of the template's parameters by name; an empty one admits everything.
    package var parameters: [String: [String]]

    package init(day: Day, parameters: [String: [String]] = [:]) {
        self.day = day
        self.parameters = parameters
    }
}

/// A filled report: the workbook, ready for sheet, page, print or document.
package struct DesignedReport: Sendable {
    package var title: String
    /// `2026年11月`.
    package var period: String
    package var form: WorkbookForm
    /// Formulas that could not be counted here; a table program will.
    package var uncounted: Int

    /// As an xlsx, with formulas and their figures.
    package func sheet(moment: Moment) throws -> [UInt8] { try form.bytes(moment: moment, leavingOut: [ReportTemplate.settingsSheet]) }
}

extension ReportEngine {
    /// Fills a template with what this person may see. Blocking and bounded by the reader's time limit.
    ///
    /// - Throws: `.invalid` with every fault of the template; `.tooLarge` `JW-R030`.
    package func fill(_ template: ReportTemplate, title: String, _ order: ReportOrder, by principal: Principal, in reader: any Reader) throws -> DesignedReport {
        guard template.faults.isEmpty else { throw Failure.invalid(template.faults.map { FieldFinding("template", "template", $0.message, title: $0.place) }) }
        let (from, to) = template.period.days(of: order.day)
        let now = clock.now
        var data: [String: TemplateData] = [:]
        let bands = template.form.sheets.dropLast().reduce(into: [String: Int]()) { all, sheet in
            if let band = TemplateSheetPlan(sheet, template).band { all[band.dataset] = band.dimension }
        }
        for dataset in template.datasets {
            var question = dataset.question
            if !dataset.hasOwnSpan { question.span = .fixed(from, min(to, clock.today < from ? to : clock.today)) }
            for parameter in template.parameters {
                guard let values = order.parameters[parameter.name], !values.isEmpty, let dimension = dataset.source.dimension(parameter.dimension), dimension.isFilter else {
                    continue
                }
                question.filters.append(ReportFilter(dimension.name, values))
            }
            let table = try ask(question, by: principal, in: reader)
            data[dataset.name] = TemplateData(dataset, table, across: bands[dataset.name])
        }
        var words = [
            "报表名称": title, "统计时间": template.period.label(order.day), "开始日期": from.text, "截止日期": to.text, "单位": principal.organisationName, "制表人": principal.name,
            "制表时间": String(now.text.prefix(16)), "数据范围": ReportEngine.scopeTitle(principal),
        ]
        for parameter in template.parameters {
            words[parameter.name] = (order.parameters[parameter.name] ?? []).isEmpty ? "全部" : (order.parameters[parameter.name] ?? []).joined(separator: "、")
        }
        var form = template.form
        var uncounted = 0
        for index in form.sheets.indices.dropLast() {
            let filled = try TemplateFill.filled(form.sheets[index], template, data: data, words: words)
            let counted = FormulaReader.counted(filled.sheet)
            form.sheets[index] = counted.sheet
            try form.follow(filled.moves, on: index)
            uncounted += counted.left
        }
        return DesignedReport(title: title, period: template.period.label(order.day), form: form, uncounted: uncounted)
    }

    /// What a report covers, in words.
    static func scopeTitle(_ principal: Principal) -> String {
        switch principal.scope {
        case .everything: "全部"
        case .areas(let areas): areas.map { code in Region(code: code + String(repeating: "0", count: max(0, 6 - code.count)))?.title ?? code }.joined(separator: "、")
        case .organisation: principal.organisationName
        case .grids: "所在网格"
        case .nothing: "无"
        }
    }

    /// A kept template with its file; parsed anew, since a template may have become wrong when a ledger changed.
    package func template(_ item: ReportItem) async throws -> ReportTemplate {
        guard let hash = item.blob, let file = try await blobs.open(hash) else { throw Failure.notFound("模板文件") }
        let bytes = try await file.read(offset: 0, length: file.size)
        return try await database.read { [self] _ in try ReportTemplate(bytes, on: self) }
    }
}
