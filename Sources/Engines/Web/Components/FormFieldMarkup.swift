extension FormField: Rendered {
    /// The label, the input, its help and its finding.
    package var markup: Markup {
        if case .hidden = kind { return "<input type=\"hidden\" name=\"\(name)\" value=\"\(value)\">" }
        let wide = isWide || isWideByKind ? " is-wide" : ""
        let mark: Markup = isRequired ? "<span class=\"required\" title=\"\(Language.say("必填", "Required"))\">*</span>" : .empty
        let note: Markup = help.map { "<p class=\"field-help\" id=\"\(identifier)-help\">\($0)</p>" } ?? .empty
        let fault: Markup = error.map { "<p class=\"field-error\" id=\"\(identifier)-error\">\($0)</p>" } ?? .empty
        return """
            <div class="field\(wide)\(error == nil ? "" : " has-error")\(isFolded ? " is-folded" : "")" data-field="\(name)">\
            \(isGroup ? "<span class=\"field-label\" id=\"\(identifier)-label\">\(title)\(mark)</span>" : "<label class=\"field-label\" for=\"\(identifier)\">\(title)\(mark)</label>" as Markup)\
            \(unit.map { unit -> Markup in "<div class=\"input-unit\">\(control)<span>\(unit)</span></div>" } ?? control)\(note)\(fault)</div>
            """
    }

    private var isWideByKind: Bool {
        switch kind {
        case .textArea, .photo, .mapPoint: true
        default: false
        }
    }

    /// Several inputs under one label.
    private var isGroup: Bool {
        switch kind {
        case .multiSelect, .dropdown, .radio, .dayRange, .numberRange, .shown, .photo: true
        default: false
        }
    }

    /// The input alone.
    var control: Markup {
        switch kind {
        case .text: input("text")
        case .password: "<input type=\"password\" class=\"form-control\"\(common) autocomplete=\"\(name == "current" ? "current-password" : "new-password")\">"
        case .number(let step): input("number", extra: Markup.attribute("step", step) + " inputmode=\"decimal\"")
        case .day: input("date")
        case .moment: input("datetime-local", extra: value.utf8.count > 16 ? " step=\"1\"" : .empty)
        case .month: input("month")
        case .select(let choices): select(choices)
        case .multiSelect(let choices): checks(choices, type: "checkbox")
        case .dropdown(let choices): dropdown(choices)
        case .radio(let choices): checks(choices, type: "radio")
        case .check(let label):
            "<label class=\"check\"><input type=\"checkbox\" class=\"form-check-input\" id=\"\(identifier)\" name=\"\(name)\" value=\"1\"\(Markup.flag("checked", value == "1" || value == "true"))\(Markup.flag("disabled", isReadOnly))><span>\(label)</span></label>"
        case .dayRange: range("date")
        case .numberRange: range("number")
        case .textArea(let rows): "<textarea class=\"form-control\" rows=\"\(rows)\"\(common)>\(value)</textarea>"
        case .file(let accept, let isMultiple): "<input type=\"file\" class=\"form-control\" accept=\"\(accept)\"\(Markup.flag("multiple", isMultiple))\(common) data-preview>"
        case .photo(let isMultiple):
            """
            <label class="photo-drop"><input type="file" accept="image/*" class="visually-hidden"\(Markup.flag("multiple", isMultiple))\(common) data-preview="photo">\
            \(Icon("camera"))<span>\(Language.say("选择或拍摄照片", "Choose or take a photo"))</span></label><div class="photo-previews" data-previews></div>
            """
        case .mapPoint:
            """
            <div class="point-picker" data-point><input type="text" class="form-control" value="\(value)" placeholder="\(Language.say("经度,纬度", "longitude,latitude"))" inputmode="decimal"\(common)>\
            <button type="button" class="btn btn-plain" data-point-open>\(Icon("pin"))<span>\(Language.say("地图选点", "Pick on map"))</span></button><div class="point-map" hidden></div></div>
            """
        case .reference(let url, let shown): reference(url: url, shown: shown)
        case .references(let url, let shown): references(url: url, shown: shown)
        case .hidden: .empty
        case .shown(let content): "<div class=\"field-shown\">\(content)</div>"
        }
    }

    private var common: Markup {
        let described = error != nil ? "\(identifier)-error" : help != nil ? "\(identifier)-help" : nil
        return """
             id="\(identifier)" name="\(name)"\(Markup.flag("required", isRequired))\(Markup.flag("readonly", isReadOnly))\(Markup.attribute("placeholder", placeholder))\
            \(Markup.attribute("maxlength", maxLength))\(Markup.attribute("aria-describedby", described))\(Markup.flag("aria-invalid=\"true\"", error != nil))
            """
    }

    private func input(_ type: String, extra: Markup = .empty) -> Markup {
        "<input type=\"\(type)\" class=\"form-control\" value=\"\(value)\"\(Markup.attribute("min", minimum))\(Markup.attribute("max", maximum))\(extra)\(common)>"
    }

    /// In a filter nothing chosen means everything; in a form that nothing was entered.
    private var nothingChosen: String {
        if isRequired { return Language.say("请选择", "Please choose") }
        return scope == "s" ? Language.say("全部", "All") : Language.say("未选择", "None")
    }

    private func select(_ choices: [Choice]) -> Markup {
        var body: Markup =
            (isRequired && !value.isEmpty) || choices.contains { $0.value.isEmpty }
            ? .empty : "<option value=\"\">\(placeholder ?? nothingChosen)</option>"
        var open: String?
        for choice in choices {
            if choice.group != open {
                if open != nil { body += "</optgroup>" }
                if let group = choice.group { body += "<optgroup label=\"\(group)\">" }
                open = choice.group
            }
            body += "<option value=\"\(choice.value)\"\(Markup.flag("selected", choice.value == value))>\(choice.title)</option>"
        }
        if open != nil { body += "</optgroup>" }
        // A disabled select is not sent, so its value travels beside it.
        let kept: Markup = isReadOnly ? "<input type=\"hidden\" name=\"\(name)\" value=\"\(value)\">" : .empty
        return "<select class=\"form-select\"\(common)\(Markup.flag("disabled", isReadOnly))>\(body)</select>\(kept)"
    }

    private func checks(_ choices: [Choice], type: String) -> Markup {
        let items = choices.enumerated().map { index, choice -> Markup in
            """
            <label class="check"><input type="\(type)" class="form-check-input" id="\(identifier)-\(index)" name="\(name)" value="\(choice.value)"\
            \(Markup.flag("checked", values.contains(choice.value)))\(Markup.flag("required", isRequired && type == "radio"))\(Markup.flag("disabled", isReadOnly))><span>\(choice.title)</span></label>
            """
        }
        return "<div class=\"checks\(choices.count > 12 ? " is-long" : "")\" role=\"group\" aria-labelledby=\"\(identifier)-label\">\(items)</div>"
    }

    private func dropdown(_ choices: [Choice]) -> Markup {
        let none = placeholder ?? Language.say("全部", "All")
        let chosen = choices.filter { values.contains($0.value) }.map(\.title)
        return """
            <details class="many" data-many data-none="\(none)"><summary class="form-select" id="\(identifier)"><span data-many-text>\(chosen.isEmpty ? none : chosen.joined(separator: "、"))</span></summary>\
            <div class="many-list">\(checks(choices, type: "checkbox"))</div></details>
            """
    }

    private func range(_ type: String) -> Markup {
        let from = values.first ?? ""
        let to = values.count > 1 ? values[1] : ""
        return """
            <div class="range" role="group" aria-labelledby="\(identifier)-label"><input type="\(type)" class="form-control" name="\(name)_from" value="\(from)" aria-label="\(title)\(Language.say("起", " from"))"\(Markup.when(type == "number", " step=\"any\""))>\
            <span aria-hidden="true">–</span><input type="\(type)" class="form-control" name="\(name)_to" value="\(to)" aria-label="\(title)\(Language.say("止", " to"))"\(Markup.when(type == "number", " step=\"any\""))></div>
            """
    }

    private func reference(url: String, shown: String) -> Markup {
        """
        <div class="ref" data-ref="\(url)"><input type="hidden" name="\(name)" value="\(value)"><input type="text" class="form-control" id="\(identifier)" value="\(shown)" role="combobox" aria-expanded="false" \
        aria-autocomplete="list" aria-controls="\(identifier)-list" autocomplete="off" placeholder="\(placeholder ?? Language.say("输入名称检索", "Type to search"))"\(Markup.flag("required", isRequired))\(Markup.flag("readonly", isReadOnly))>\
        <ul class="ref-list" id="\(identifier)-list" role="listbox" hidden></ul></div>
        """
    }

    /// What is chosen stands below as pieces that can be taken away one by one.
    private func references(url: String, shown: [Choice]) -> Markup {
        let chosen = shown.filter { values.contains($0.value) }.map { one -> Markup in
            """
            <li class="chip"><input type="hidden" name="\(name)" value="\(one.value)"><span>\(one.title)</span><button type="button" class="chip-off" data-ref-drop \
            aria-label="\(Language.say("移除", "Remove")) \(one.title)">×</button></li>
            """
        }
        return """
            <div class="ref" data-ref="\(url)" data-ref-many="\(name)"><input type="hidden"><input type="text" class="form-control" id="\(identifier)" role="combobox" aria-expanded="false" \
            aria-autocomplete="list" aria-controls="\(identifier)-list" autocomplete="off" placeholder="\(placeholder ?? Language.say("输入名称检索，可选多个", "Type to search, several may be chosen"))">\
            <ul class="ref-list" id="\(identifier)-list" role="listbox" hidden></ul><ul class="ref-chosen" data-ref-chosen>\(chosen)</ul></div>
            """
    }
}
