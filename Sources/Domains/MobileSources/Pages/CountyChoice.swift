import Identity
import Kernel
import Web

/// Counties as an official chooses them: those of the own area, grouped by city, with “全部” for each city.
package struct CountyChoice {
    /// City and its counties, in code order.
    let cities: [(city: Region, counties: [Region])]

    /// - Parameter sites: where enterprises are; a scope of everything shows only their cities, a narrower one every county of its own.
    package init(_ scope: DataScope, sites: [EnterpriseFacts]) {
        let used = Set(sites.map { $0.county.prefix(4) })
        let regions = Region.counties.compactMap { Region(code: $0.code) }.filter { region in
            guard scope.admits(org: nil, area: region.code) else { return false }
            return scope == .everything ? used.isEmpty || used.contains(region.code.prefix(4)) : true
        }
        var cities: [(city: Region, counties: [Region])] = []
        for region in regions {
            guard let city = region.parent else { continue }
            if cities.last?.city == city { cities[cities.count - 1].counties.append(region) } else { cities.append((city, [region])) }
        }
        self.cities = cities
    }

    var counties: [Region] { cities.flatMap(\.counties) }
    /// For a select, under their cities where there are several.
    package var choices: [Choice] { cities.flatMap { part in part.counties.map { Choice($0.code, $0.title, group: cities.count > 1 ? part.city.title : nil) } } }

    /// Fields `counties`, then `counties1302` for each further city, and one box a city that takes all of it.
    func fields(chosen: Set<String>, whole: Set<String>) -> [FormField] {
        cities.enumerated().flatMap { index, part -> [FormField] in
            let choices = part.counties.map { Choice($0.code, $0.title) }
            return [
                FormField("whole\(part.city.prefix)", part.city.title, .check("全市所有县（区、市）"), value: whole.contains(part.city.prefix) ? "1" : nil, isWide: true),
                FormField(
                    index == 0 ? "counties" : "counties\(part.city.prefix)", "县（区、市）", .multiSelect(choices), values: part.counties.map(\.code).filter(chosen.contains),
                    isWide: true),
            ]
        }
    }

    /// What was chosen in `fields`, in code order.
    func chosen(_ input: FormInput) -> (counties: [String], whole: Set<String>) {
        var counties: [String] = []
        var whole: Set<String> = []
        let named = Set(cities.enumerated().flatMap { index, part in input.all(index == 0 ? "counties" : "counties\(part.city.prefix)") } + input.all("counties"))
        for part in cities {
            let isWhole = input["whole\(part.city.prefix)"] == "1"
            if isWhole { whole.insert(part.city.prefix) }
            counties += part.counties.map(\.code).filter { isWhole || named.contains($0) }
        }
        return (counties, whole)
    }

    /// `长安区、桥西区等 5 个县（区、市）`; `石家庄市全部县（区、市）` where it is all of one city.
    static func title(_ codes: some Collection<String>) -> String {
        let regions = codes.sorted().compactMap { Region(code: $0) }
        if let city = regions.first?.parent, regions.count > 1, regions.allSatisfy({ $0.parent == city }), regions.count == city.children.count {
            return "\(city.title)全部 \(regions.count) 个县（区、市）"
        }
        let names = regions.map(\.title)
        return names.count > 4 ? names.prefix(4).joined(separator: "、") + "等 \(names.count) 个县（区、市）" : names.joined(separator: "、")
    }
}
