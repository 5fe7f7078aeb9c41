"""Data: crossings and roads of a simplified Brussels.

Coordinates were entered by hand from general knowledge of the city, good to about 200 m; they carry a
simulation, not navigation. Zones are the six police zones of the Brussels region; `R0` marks the outer ring,
which lies outside the low-emission zone. Roads run both ways; their class gives the usual speed.
"""

from __future__ import annotations

__all__ = ["CROSSINGS", "ROADS", "ROAD_CLASSES", "ZONE_NAMES"]

ZONE_NAMES = {
    "5339": "Brussels-Capital/Ixelles",
    "5340": "Brussels-West",
    "5341": "South/Midi",
    "5342": "Uccle/Watermael-Boitsfort/Auderghem (Marlow)",
    "5343": "Montgomery",
    "5344": "Brussels North",
}
"""Code of a police zone → its name."""

ROAD_CLASSES = {
    "motorway": (112.0, 1.08), "ring": (95.0, 1.1), "tunnel": (60.0, 1.1), "main": (42.0, 1.2), "street": (28.0, 1.3)
}  # fmt: skip
"""Class → (usual speed of free traffic, km/h; road length ÷ straight line)."""

CROSSINGS = """
rogier          5339 50.8555 4.3590 Place Rogier
botanique       5339 50.8540 4.3650 Botanique
madou           5339 50.8503 4.3692 Place Madou
arts-loi        5339 50.8455 4.3695 Arts-Loi
trone           5339 50.8400 4.3660 Trône
namur           5339 50.8383 4.3615 Porte de Namur
louise          5339 50.8361 4.3567 Place Louise
brouckere       5339 50.8520 4.3515 De Brouckère
sainctelette    5339 50.8592 4.3500 Place Sainctelette
schuman         5339 50.8430 4.3820 Rond-point Schuman
flagey          5339 50.8275 4.3720 Place Flagey
cambre          5339 50.8190 4.3720 Bois de la Cambre
jacques         5339 50.8230 4.3850 Boulevard Général Jacques
van-praet       5339 50.8795 4.3650 Pont Van Praet
heysel          5339 50.8950 4.3400 Heysel
heembeek        5339 50.8985 4.3850 Neder-over-Heembeek
ninove          5340 50.8488 4.3390 Porte de Ninove
simonis         5340 50.8635 4.3310 Simonis
basilique       5340 50.8660 4.3170 Basilique de Koekelberg
etangs-noirs    5340 50.8560 4.3330 Étangs Noirs
ouest           5340 50.8485 4.3200 Gare de l'Ouest
berchem         5340 50.8640 4.2950 Berchem-Sainte-Agathe
charles-quint   5340 50.8725 4.3050 Avenue Charles-Quint
miroir          5340 50.8790 4.3300 Place du Miroir
hal             5341 50.8333 4.3452 Porte de Hal
anderlecht      5341 50.8435 4.3400 Porte d'Anderlecht
midi            5341 50.8357 4.3360 Gare du Midi
meir            5341 50.8365 4.3110 Place du Meir
industriel      5341 50.8240 4.3060 Boulevard Industriel
bizet           5341 50.8205 4.2860 Place Bizet
erasme          5341 50.8130 4.2660 Érasme
forest          5341 50.8105 4.3180 Place Saint-Denis
altitude        5341 50.8170 4.3370 Altitude Cent
barriere        5341 50.8240 4.3440 Barrière de Saint-Gilles
vanderkindere   5342 50.8165 4.3500 Avenue Churchill
globe           5342 50.8020 4.3390 Globe
fort-jaco       5342 50.7830 4.3760 Fort Jaco
wiener          5342 50.7970 4.4060 Place Wiener
delta           5342 50.8180 4.4040 Delta
debroux         5342 50.8125 4.4330 Viaduc Herrmann-Debroux
merode          5343 50.8395 4.3985 Porte de Tervueren
montgomery      5343 50.8385 4.4090 Square Montgomery
tomberg         5343 50.8450 4.4220 Tomberg
roodebeek       5343 50.8495 4.4360 Roodebeek
cora            5343 50.8560 4.4480 Boulevard de la Woluwe
stockel         5343 50.8410 4.4640 Stockel
woluwe          5343 50.8330 4.4330 Woluwe-Saint-Pierre
nord            5344 50.8605 4.3605 Gare du Nord
liedts          5344 50.8655 4.3660 Place Liedts
dailly          5344 50.8525 4.3830 Place Dailly
meiser          5344 50.8555 4.3960 Place Meiser
lambermont      5344 50.8720 4.3790 Boulevard Lambermont
leopold-iii     5344 50.8650 4.4050 Boulevard Léopold III
bordet          5344 50.8770 4.4100 Bordet
r0-bijgaarden   R0   50.8730 4.2650 Groot-Bijgaarden
r0-wemmel       R0   50.9080 4.3000 Wemmel
r0-strombeek    R0   50.9100 4.3560 Strombeek-Bever
r0-machelen     R0   50.9060 4.4240 Machelen
r0-zaventem     R0   50.8790 4.4650 Zaventem
r0-kraainem     R0   50.8560 4.4780 Kraainem
r0-tervuren     R0   50.8310 4.4880 Quatre-Bras
r0-leonard      R0   50.8055 4.4510 Carrefour Léonard
r0-waterloo     R0   50.7300 4.3970 Waterloo
r0-ruisbroek    R0   50.7900 4.2900 Ruisbroek
r0-anderlecht   R0   50.8180 4.2530 Anderlecht
r0-dilbeek      R0   50.8500 4.2560 Dilbeek
"""
"""One crossing a line: name, police zone (or R0), latitude, longitude, name for people."""

ROADS = """
sainctelette  rogier        tunnel Small Ring, Tunnel Rogier
rogier        botanique     tunnel Small Ring, Tunnel Botanique
botanique     madou         tunnel Small Ring, Tunnel Madou
madou         arts-loi      tunnel Small Ring, Tunnel Arts-Loi
arts-loi      trone         tunnel Small Ring, Tunnel Trône
trone         namur         tunnel Small Ring, Tunnel Porte de Namur
namur         louise        tunnel Small Ring, Tunnel Louise
louise        hal           tunnel Small Ring, Tunnel Porte de Hal
hal           midi          main   Small Ring, Boulevard du Midi
midi          anderlecht    main   Small Ring, Boulevard Poincaré
anderlecht    ninove        main   Small Ring, Boulevard de l'Abattoir
ninove        sainctelette  main   Canal, Quai des Charbonnages
sainctelette  van-praet     main   Canal, Allée Verte
sainctelette  simonis       tunnel Tunnel Annie Cordy
simonis       basilique     tunnel Tunnel Annie Cordy west
basilique     charles-quint main   Avenue Charles-Quint
charles-quint r0-bijgaarden main   Avenue Charles-Quint, E40
basilique     berchem       street Chaussée de Gand
berchem       r0-dilbeek    street Chaussée de Gand west
simonis       etangs-noirs  street Chaussée de Jette
etangs-noirs  ninove        street Chaussée de Gand, Molenbeek
etangs-noirs  ouest         street Rue de l'Indépendance
ouest         meir          street Boulevard Prince de Liège
ouest         ninove        street Chaussée de Ninove
ouest         r0-dilbeek    main   Chaussée de Ninove west
simonis       miroir        street Avenue de Jette
miroir        heysel        street Boulevard de Smet de Naeyer
miroir        charles-quint street Avenue de l'Exposition
heysel        r0-wemmel     main   Avenue de Madrid
heysel        r0-strombeek  main   A12, Boomsesteenweg
heysel        van-praet     main   Avenue de Vilvorde
van-praet     heembeek      street Chaussée de Vilvorde
heembeek      r0-machelen   main   Avenue de Vilvorde north
heembeek      r0-strombeek  street Avenue des Croix de Guerre
van-praet     lambermont    main   Boulevard Lambermont west
lambermont    meiser        main   Boulevard Lambermont
meiser        leopold-iii   main   Boulevard Léopold III
leopold-iii   bordet        main   Boulevard Léopold III east
bordet        r0-zaventem   main   Boulevard Léopold III, A201
bordet        r0-machelen   street Chaussée de Haecht
lambermont    liedts        street Rue Royale Sainte-Marie
liedts        nord          street Rue d'Aerschot
nord          rogier        street Boulevard Albert II
nord          sainctelette  street Chaussée d'Anvers
liedts        botanique     street Rue Royale
dailly        madou         street Chaussée de Louvain
dailly        meiser        street Chaussée de Louvain east
meiser        merode        tunnel Boulevard Reyers
meiser        roodebeek     main   E40 Brussels, Chaussée de Louvain
roodebeek     cora          main   Boulevard de la Woluwe north
cora          r0-kraainem   main   Avenue de Kraainem
cora          r0-zaventem   street Woluwedal
tomberg       roodebeek     street Avenue Paul Hymans
tomberg       montgomery    street Avenue de Broqueville
schuman       dailly        street Boulevard Charlemagne
schuman       merode        tunnel Tunnel Cinquantenaire
schuman       arts-loi      main   Rue de la Loi
merode        montgomery    tunnel Tunnel Montgomery
montgomery    woluwe        main   Avenue de Tervueren
woluwe        stockel       street Avenue Orban
woluwe        r0-tervuren   main   Avenue de Tervueren east
woluwe        roodebeek     main   Boulevard de la Woluwe
woluwe        debroux       main   Boulevard du Souverain
stockel       r0-kraainem   street Avenue Baron d'Huart
montgomery    delta         main   Boulevard Saint-Michel
delta         debroux       main   E411, Viaduc Herrmann-Debroux
debroux       r0-leonard    main   E411, Chaussée de Wavre
debroux       wiener        street Boulevard du Souverain south
delta         jacques       main   Boulevard du Triomphe
jacques       cambre        main   Boulevard Général Jacques
jacques       flagey        street Avenue de la Couronne
flagey        namur         street Chaussée d'Ixelles
flagey        schuman       street Rue Belliard south
cambre        louise        main   Avenue Louise
cambre        flagey        street Avenue Louise, étangs
cambre        fort-jaco     street Chaussée de Waterloo
cambre        wiener        street Chaussée de La Hulpe
wiener        r0-leonard    street Drève de Lorraine
fort-jaco     r0-waterloo   main   Chaussée de Waterloo south
cambre        vanderkindere main   Avenue Winston Churchill
vanderkindere globe         street Rue Vanderkindere
vanderkindere barriere      street Chaussée d'Alsemberg
globe         fort-jaco     street Avenue De Fré
globe         forest        street Avenue Kersbeek
globe         r0-ruisbroek  street Chaussée d'Alsemberg south
altitude      barriere      street Avenue du Parc
altitude      vanderkindere street Avenue Albert
altitude      forest        street Avenue Besme
barriere      hal           street Chaussée de Waterloo, Saint-Gilles
forest        midi          main   Avenue Fonsny
forest        industriel    street Boulevard de la Deuxième Armée
industriel    midi          main   Canal, Boulevard Industriel
industriel    r0-ruisbroek  main   Boulevard Industriel, E19
industriel    bizet         street Rue des Deux Gares
bizet         meir          street Chaussée de Mons
bizet         erasme        main   Chaussée de Mons west
erasme        r0-anderlecht main   Route de Lennik
meir          anderlecht    street Chaussée de Mons, Cureghem
brouckere     sainctelette  street Boulevard d'Ypres
brouckere     anderlecht    street Boulevard Anspach
brouckere     botanique     street Rue de Laeken
r0-bijgaarden r0-wemmel     ring   Ring R0 north-west
r0-wemmel     r0-strombeek  ring   Ring R0 north
r0-strombeek  r0-machelen   ring   Ring R0, Viaduct of Vilvoorde
r0-machelen   r0-zaventem   ring   Ring R0 north-east
r0-zaventem   r0-kraainem   ring   Ring R0 east
r0-kraainem   r0-tervuren   ring   Ring R0 Kraainem-Tervuren
r0-tervuren   r0-leonard    ring   Ring R0 Tervuren-Léonard
r0-leonard    r0-waterloo   ring   Ring R0 south-east
r0-waterloo   r0-ruisbroek  ring   Ring R0 south
r0-ruisbroek  r0-anderlecht ring   Ring R0 south-west
r0-anderlecht r0-dilbeek    ring   Ring R0 west
r0-dilbeek    r0-bijgaarden ring   Ring R0 Dilbeek-Bijgaarden
"""
"""One two-way road a line: two crossings, class, name."""
