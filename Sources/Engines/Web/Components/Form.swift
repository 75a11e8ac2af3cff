import Kernel

/// A titled part of a form.
package struct FormSection: Sendable {
    package var title: String?
    package var fields: [FormField]

    package init(_ title: String? = nil, _ fields: [FormField]) {
        self.title = title
        self.fields = fields
    }
}

/// A form that changes something. Works in a page and in the dialog; comes back with its findings on 422.
package struct Form: Rendered {
    package var action: String
    package var sections: [FormSection]
    package var submit: String
    /// Where "取消" leads; in the dialog it closes the dialog.
    package var cancel: String?
    package var findings: [FieldFinding]
    /// Further buttons, such as 保存并新增.
    package var extra: Markup
    private let csrf: String
    private let isDialog: Bool
    private let stamp: (stamp: String, seconds: Int)?

    package init(
        action: String, sections: [FormSection], submit: String = Language.say("保存", "Save"), cancel: String? = nil, findings: [FieldFinding] = [], extra: Markup = .empty,
        context: WebContext
    ) {
        self.action = action
        self.sections = sections
        self.submit = submit
        self.cancel = cancel
        self.findings = findings
        self.extra = extra
        csrf = context.csrf
        isDialog = context.isDialog
        stamp = FormStamp.make(for: action, context)
    }

    package var markup: Markup {
        let hasFiles = sections.contains { $0.fields.contains(where: \.isFile) }
        let target: Markup = isDialog ? " hx-post=\"\(action)\" hx-target=\"#dialog\" hx-swap=\"innerHTML\" hx-push-url=\"false\"" : .empty
        let encoding: Markup = hasFiles ? " enctype=\"multipart/form-data\" hx-encoding=\"multipart/form-data\"" : .empty
        let back: Markup =
            isDialog
            ? "<button type=\"button\" class=\"btn btn-plain\" data-close>\(Language.say("取消", "Cancel"))</button>"
            : cancel.map { "<a class=\"btn btn-plain\" href=\"\($0)\">\(Language.say("取消", "Cancel"))</a>" } ?? .empty
        return """
            <form class="form" method="post" action="\(action)"\(encoding)\(target) data-guard\(wait)><input type="hidden" name="_csrf" value="\(csrf)">\(opened)\(summary)\(sections.map(part))\
            <div class="form-foot"><button type="submit" class="btn btn-primary"><span>\(submit)</span></button>\(extra)\(back)</div></form>
            """
    }

    private var opened: Markup { stamp.map { one -> Markup in "<input type=\"hidden\" name=\"\(FormStamp.field)\" value=\"\(one.stamp)\">" } ?? .empty }
    private var wait: Markup { stamp.map { one -> Markup in " data-wait=\"\(one.seconds)\"" } ?? .empty }

    private var scope: String { isDialog ? "d" : "f" }

    private func part(_ section: FormSection) -> Markup {
        let fields = section.fields.map { field -> FormField in
            var field = field
            field.scope = scope
            if let finding = findings.first(where: { $0.field == field.name }) { field.error = finding.message }
            return field
        }
        return "<fieldset class=\"form-section\">\(section.title.map { title -> Markup in "<legend>\(title)</legend>" })<div class=\"form-grid\">\(fields)</div></fieldset>"
    }

    private var summary: Markup {
        guard !findings.isEmpty else { return .empty }
        let titles = Dictionary(sections.flatMap(\.fields).map { ($0.name, $0.title) }, uniquingKeysWith: { first, _ in first })
        let lines = findings.map { finding -> Markup in "<li><a href=\"#\(scope)-\(finding.field)\">\(titles[finding.field] ?? finding.title)：\(finding.message)</a></li>" }
        return
            "<div class=\"notice tone-red\" role=\"alert\" tabindex=\"-1\" data-focus>\(Icon("alert"))<div><strong>\(Language.say("有 \(findings.count) 处需要修改", "\(findings.count) to correct"))</strong><ul>\(lines)</ul></div></div>"
    }
}

/// Filters above a list: GET, so that a filtered list has an address. Fields beyond the first three fold away.
package struct SearchForm: Rendered {
    package var action: String
    package var fields: [FormField]
    /// The id of the table it refreshes.
    package var table: String
    /// Kept in the address but not shown, such as a tab or the sort order.
    package var kept: [PageAddress.QueryItem]
    package var visible: Int

    package init(action: String, fields: [FormField], table: String, kept: [PageAddress.QueryItem] = [], visible: Int = 3) {
        self.action = action
        self.fields = fields
        self.table = table
        self.kept = kept
        self.visible = visible
    }

    package var markup: Markup {
        let hidden = kept.map { item -> Markup in "<input type=\"hidden\" name=\"\(item.name)\" value=\"\(item.value)\">" }
        let folded = fields.dropFirst(visible)
        let isOpen = folded.contains { $0.values.contains { !$0.isEmpty } }
        let shown = fields.enumerated().map { index, field -> FormField in
            var field = field
            field.isFolded = index >= visible
            field.scope = "s"
            return field
        }
        // A check box without a name folds the rest, so that it works without JavaScript.
        let toggle: Markup =
            folded.isEmpty
            ? .empty
            : "<input type=\"checkbox\" class=\"search-toggle visually-hidden\" id=\"\(table)-more\" aria-label=\"\(Language.say("更多条件", "More filters"))\"\(Markup.flag("checked", isOpen))>"
        let label: Markup =
            folded.isEmpty
            ? .empty
            : "<label class=\"btn btn-quiet search-more\" for=\"\(table)-more\"><span class=\"when-folded\">\(Language.say("更多条件", "More filters"))</span><span class=\"when-open\">\(Language.say("收起", "Fewer"))</span>\(Icon("down"))</label>"
        return """
            <form class="search-form" method="get" action="\(action)" role="search" hx-get="\(action)" hx-target="#\(table)" hx-select="#\(table)" hx-swap="outerHTML" hx-push-url="true">\
            \(hidden)\(toggle)<div class="search-grid">\(shown)<div class="search-buttons">\(label)<a class="btn btn-plain" href="\(PageAddress(action, kept).text)">\(Language.say("重置", "Reset"))</a>\
            <button type="submit" class="btn btn-primary">\(Icon("search"))<span>\(Language.say("查询", "Search"))</span></button></div></div></form>
            """
    }
}
