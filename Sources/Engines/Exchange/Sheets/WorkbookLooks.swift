import Foundation
import Kernel

/// How cells of a workbook look, as far as a page can show it.
package struct CellLook: Sendable, Equatable {
    package enum Align: String, Sendable { case start, center, end }

    package var isBold = false
    /// In points.
    package var size = 11.0
    package var align: Align?
    package var isFilled = false
    package var hasBorder = false
    /// The format code, such as `0.0%` or `#,##0`.
    package var format = ""

    package init() {}

    package var isPercent: Bool { format.prefix { $0 != ";" }.contains("%") }

    /// A number as the cell would show it.
    package func text(_ value: Double) -> String {
        let code = format.split(separator: ";").first.map(String.init) ?? ""
        let isPercent = code.contains("%")
        let shown = isPercent ? value * 100 : value
        var places = code.firstIndex(of: ".").map { dot in code[code.index(after: dot)...].prefix { $0 == "0" || $0 == "#" }.count }
        if code.isEmpty || code == "General" { places = shown == shown.rounded() ? 0 : 2 }
        var text = String(format: "%.\(min(places ?? 0, 8))f", shown)
        if code.isEmpty || code == "General", text.contains(".") { while text.hasSuffix("0") { text.removeLast() } }
        if text.hasSuffix(".") { text.removeLast() }
        if code.contains("#,##") || code.contains("0,0") { text = CellLook.grouped(text) }
        return isPercent ? text + "%" : text
    }

    private static func grouped(_ text: String) -> String {
        let isNegative = text.hasPrefix("-")
        let parts = (isNegative ? text.dropFirst() : text[...]).split(separator: ".", omittingEmptySubsequences: false)
        var whole = ""
        for (index, digit) in (parts.first ?? "").reversed().enumerated() {
            if index > 0, index % 3 == 0 { whole.append(",") }
            whole.append(digit)
        }
        return (isNegative ? "-" : "") + String(whole.reversed()) + (parts.count > 1 ? ".\(parts[1])" : "")
    }
}

extension WorkbookForm {
    /// By the index that cells carry as their style; empty when the workbook has none.
    package func looks() throws -> [CellLook] {
        guard let bytes = others.first(where: { $0.name == "xl/styles.xml" })?.bytes else { return [] }
        let events = LookEvents()
        try XMLStream.parse(bytes, named: "xl/styles.xml", events)
        return events.looks
    }
}

private final class LookEvents: XMLEvents {
    private(set) var looks: [CellLook] = []
    private var formats: [Int: String] = [:]
    private var fonts: [(isBold: Bool, size: Double)] = []
    private var fills: [Bool] = []
    private var borders: [Bool] = []
    private var part = ""

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "fonts" { part = "fonts" } else if name == "fills" { part = "fills" } else if name == "borders" { part = "borders" } else if name == "cellXfs" { part = "cells" }
        if name == "numFmt", let id = attributes.int("numFmtId") { formats[id] = attributes.string("formatCode") ?? "" }
        switch part {
        case "fonts": font(name, attributes)
        case "fills":
            if name == "fill" { fills.append(false) } else if name == "patternFill", !fills.isEmpty { fills[fills.count - 1] = attributes.string("patternType") == "solid" }
        case "borders":
            if name == "border" { borders.append(false) } else if attributes.string("style") != nil, !borders.isEmpty { borders[borders.count - 1] = true }
        case "cells": cell(name, attributes)
        default: break
        }
    }

    private func font(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "font" { fonts.append((false, 11)) }
        guard !fonts.isEmpty else { return }
        if name == "b" { fonts[fonts.count - 1].isBold = attributes.string("val") != "0" }
        if name == "sz", let size = attributes.string("val").flatMap(Double.init) { fonts[fonts.count - 1].size = size }
    }

    private func cell(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "xf" {
            var look = CellLook()
            if let font = attributes.int("fontId"), fonts.indices.contains(font) { (look.isBold, look.size) = fonts[font] }
            if let fill = attributes.int("fillId"), fills.indices.contains(fill) { look.isFilled = fills[fill] }
            if let border = attributes.int("borderId"), borders.indices.contains(border) { look.hasBorder = borders[border] }
            if let id = attributes.int("numFmtId") { look.format = formats[id] ?? LookEvents.builtIn[id] ?? "" }
            looks.append(look)
        } else if name == "alignment", !looks.isEmpty {
            switch attributes.string("horizontal") {
            case "center", "centerContinuous": looks[looks.count - 1].align = .center
            case "right": looks[looks.count - 1].align = .end
            case "left": looks[looks.count - 1].align = .start
            default: break
            }
        }
    }

    override func close(_ name: XMLName) {
        if name == "fonts" || name == "fills" || name == "borders" || name == "cellXfs" { part = "" }
    }

    private static let builtIn: [Int: String] = [1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%"]
}
